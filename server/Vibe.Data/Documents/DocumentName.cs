using Vibe.Consent.Policy;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Storage.Spaces;

namespace Vibe.Data.Documents;

/// <summary>The name of a document, <c>spaces/{space}/collections/{collection}/documents/{document}</c>.</summary>
public readonly record struct DocumentName(CollectionName Collection, string Id)
{
    private const string Form =
        "'spaces/{space}/collections/{collection}/documents/{document}' with ids of 1 to 64 characters of "
        + "[A-Za-z0-9._~-]";

    /// <summary>Reads a name.</summary>
    /// <exception cref="VibeException">NAME_INVALID.</exception>
    public static DocumentName Parse(string text, string field, Caller caller) =>
        text.Split('/') is ["spaces", var space, "collections", var collection, "documents", var id]
        && Ids.IsId(space)
        && Ids.IsId(collection)
        && Ids.IsId(id)
            ? new DocumentName(new CollectionName(SpaceName.FromSegment(space, caller), collection), id)
            : throw CallErrors.NameInvalid(field, text, Form);

    /// <summary>Gives the name as answers carry it.</summary>
    public override string ToString() => $"{Collection}/documents/{Id}";
}
