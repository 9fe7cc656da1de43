using Vibe.Cli.Running;
using Vibe.Client;
using Vibe.Storage.Spaces;

namespace Vibe.Cli.Documents;

/// <summary>The name of a document or collection; short ones are in the person's own space.</summary>
internal sealed record DocumentAddress(string Space, string Collection, string? Id)
{
    private const string Mine = "me";

    /// <summary>Reads <c>movies/m1</c> or <c>spaces/…/collections/movies/documents/m1</c>.</summary>
    /// <exception cref="CommandException">It is neither.</exception>
    public static DocumentAddress Document(string text) =>
        text.Split('/') switch
        {
            [var collection, var id] when Ids.IsId(collection) && Ids.IsId(id) => new(Mine, collection, id),
            ["spaces", var space, "collections", var collection, "documents", var id]
                when Ids.IsId(space) && Ids.IsId(collection) && Ids.IsId(id) => new(space, collection, id),
            _ => throw Wrong(text, "'COLLECTION/ID' or 'spaces/SPACE/collections/COLLECTION/documents/ID'"),
        };

    /// <summary>Reads <c>movies</c> or <c>spaces/…/collections/movies</c>.</summary>
    /// <exception cref="CommandException">It is neither.</exception>
    public static DocumentAddress InCollection(string text) =>
        text.Split('/') switch
        {
            [var collection] when Ids.IsId(collection) => new(Mine, collection, null),
            ["spaces", var space, "collections", var collection] when Ids.IsId(space) && Ids.IsId(collection) => new(
                space,
                collection,
                null
            ),
            _ => throw Wrong(text, "'COLLECTION' or 'spaces/SPACE/collections/COLLECTION'"),
        };

    public Collection<RawJson> CollectionIn(VibeClient client) => client.Space(Space).Collection<RawJson>(Collection);

    public DocumentRef<RawJson> DocumentIn(VibeClient client) => CollectionIn(client).Document(Id!);

    private static CommandException Wrong(string text, string form) =>
        CommandException.Usage(
            $"'{text}' is no name; expected {form}, with ids of 1 to 64 characters of [A-Za-z0-9._~-].",
            "vibe ls"
        );
}
