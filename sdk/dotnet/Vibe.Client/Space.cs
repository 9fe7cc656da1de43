using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Vibe.Client.Calls;
using Vibe.Data.V1;

namespace Vibe.Client;

/// <summary>The address of a person's space. Naming it asks nothing.</summary>
public sealed class Space
{
    internal Space(Connection connection, string id)
    {
        Connection = connection;
        Id = id;
    }

    /// <summary>The space's id; <c>me</c> for the space of the person that the token stands for.</summary>
    public string Id { get; }

    /// <summary>The resource name, <c>spaces/{space}</c>.</summary>
    public string Name => $"spaces/{Id}";

    internal Connection Connection { get; }

    /// <summary>
    /// Names a collection of raw JSON. Collections need no making; one is there with its first document.
    /// </summary>
    /// <param name="id">The collection's id, 1 to 64 characters of <c>[A-Za-z0-9._~-]</c>.</param>
    /// <returns>The collection's address.</returns>
    /// <exception cref="ArgumentException">The id is empty or holds a slash.</exception>
    public Collection<JsonObject> Collection(string id) => Collection<JsonObject>(id);

    /// <summary>
    /// Names a collection of a type. Properties are written under their names, nulls are left out, and members that the
    /// type does not know are passed over.
    /// </summary>
    /// <typeparam name="T">The type of the content.</typeparam>
    /// <param name="id">The collection's id, 1 to 64 characters of <c>[A-Za-z0-9._~-]</c>.</param>
    /// <returns>The collection's address.</returns>
    /// <exception cref="ArgumentException">The id is empty or holds a slash.</exception>
    public Collection<T> Collection<T>(string id) => new(this, ResourceName.CheckId(id), Codec<T>.Reflected);

    /// <summary>
    /// Names a collection of a type with source-generated metadata, for trimming and AOT. Its options decide how names
    /// and nulls are written; leave nulls out, or they are written as values.
    /// </summary>
    /// <typeparam name="T">The type of the content.</typeparam>
    /// <param name="id">The collection's id, 1 to 64 characters of <c>[A-Za-z0-9._~-]</c>.</param>
    /// <param name="type">How to serialize the content.</param>
    /// <returns>The collection's address.</returns>
    /// <exception cref="ArgumentException">The id is empty or holds a slash.</exception>
    public Collection<T> Collection<T>(string id, JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return new Collection<T>(this, ResourceName.CheckId(id), new Codec<T>(type));
    }

    /// <summary>
    /// Lists the collections that hold a document in the caller's view, in ascending order of their ids.
    /// </summary>
    /// <param name="options">Page size, page token, freshness; null takes the defaults.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <returns>The listing; nothing is asked before it is enumerated.</returns>
    public Listing<Collection<JsonObject>> ListCollectionsAsync(
        ListOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        options ??= new ListOptions();
        return new Listing<Collection<JsonObject>>(FetchAsync, options.PageToken, cancellationToken);

        async Task<ListPage<Collection<JsonObject>>> FetchAsync(string? pageToken, CancellationToken cancellation)
        {
            var freshness = new Freshness(Connection, Id, options.ConsistencyToken);
            var response = await Connection
                .CallAsync(
                    Rpc.ListCollections,
                    call =>
                        Connection.Collections.ListCollectionsAsync(
                            new ListCollectionsRequest
                            {
                                Parent = Name,
                                PageSize = options.PageSize,
                                PageToken = pageToken ?? "",
                                ConsistencyTokens = { freshness.Tokens },
                            },
                            call
                        ),
                    options.Timeout,
                    cancellation,
                    forgetTokens: freshness.Forget
                )
                .ConfigureAwait(false);
            if (response.Collections.Count > 0)
            {
                Connection.Spaces.Learn(Id, response.Collections[0].Name);
            }

            return new ListPage<Collection<JsonObject>>(
                [.. response.Collections.Select(found => Collection(ResourceName.LastId(found.Name)))],
                response.NextPageToken is "" ? null : response.NextPageToken
            );
        }
    }

    /// <summary>Begins a batch: up to 500 writes in this space, all or none, as one moment.</summary>
    /// <returns>The batch; nothing is sent before it is committed.</returns>
    public WriteBatch Batch() => new(this);

    /// <summary>Returns the resource name.</summary>
    /// <returns>The resource name.</returns>
    public override string ToString() => Name;
}
