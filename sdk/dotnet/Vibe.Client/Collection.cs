using System.Runtime.CompilerServices;
using Vibe.Client.Calls;
using Vibe.Client.Subscriptions;
using Vibe.Data.V1;

namespace Vibe.Client;

/// <summary>The address of a collection, with the type of its content. Naming it asks nothing.</summary>
/// <typeparam name="T">The type of the content.</typeparam>
public sealed class Collection<T>
{
    internal Collection(Space space, string id, Codec<T> codec)
    {
        Space = space;
        Id = id;
        Codec = codec;
    }

    /// <summary>The space that the collection lies in.</summary>
    public Space Space { get; }

    /// <summary>The collection's id.</summary>
    public string Id { get; }

    /// <summary>The resource name, <c>spaces/{space}/collections/{collection}</c>.</summary>
    public string Name => $"{Space.Name}/collections/{Id}";

    internal Codec<T> Codec { get; }

    private Connection Connection => Space.Connection;

    /// <summary>Names a document. Nothing is asked.</summary>
    /// <param name="id">The document's id, 1 to 64 characters of <c>[A-Za-z0-9._~-]</c>.</param>
    /// <returns>The document's address.</returns>
    /// <exception cref="ArgumentException">The id is empty or holds a slash.</exception>
    public DocumentRef<T> Document(string id) => new(this, ResourceName.CheckId(id));

    /// <summary>Names a document that is not there yet, under a fresh id (UUIDv7). Nothing is asked.</summary>
    /// <returns>The document's address.</returns>
    public DocumentRef<T> NewDocument() => new(this, Guid.CreateVersion7(Connection.Time.GetUtcNow()).ToString());

    /// <summary>
    /// Adds a document under a fresh id, in the caller's own space: <c>NewDocument().CreateAsync(value)</c>.
    /// </summary>
    /// <param name="value">The content; at most 1 MiB as canonical JSON.</param>
    /// <param name="options">Access list, key, timeout; null takes the defaults.</param>
    /// <param name="cancellationToken">Ends the call; the document may be there nevertheless.</param>
    /// <returns>The new document's id, etag and time.</returns>
    /// <exception cref="VibeException">
    /// <see cref="Reason.NotGranted"/>, <see cref="Reason.FieldNotGranted"/> for a member that the caller may not
    /// create, <see cref="Reason.OwnerRequired"/> in another person's space.
    /// </exception>
    public Task<WriteResult> CreateAsync(
        T value,
        WriteOptions? options = null,
        CancellationToken cancellationToken = default
    ) => NewDocument().CreateAsync(value, options, cancellationToken);

    /// <summary>
    /// Lists the documents that the caller sees, in ascending order of their ids. One that is there from the first page
    /// to the last comes exactly once. A collection that holds nothing, or nothing visible, gives nothing.
    /// </summary>
    /// <param name="options">Page size, page token, freshness; null takes the defaults.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <returns>The listing; nothing is asked before it is enumerated.</returns>
    public Listing<DocumentSnapshot<T>> ListAsync(
        ListOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        options ??= new ListOptions();
        return new Listing<DocumentSnapshot<T>>(FetchAsync, options.PageToken, cancellationToken);

        async Task<ListPage<DocumentSnapshot<T>>> FetchAsync(string? pageToken, CancellationToken cancellation)
        {
            var freshness = new Freshness(Connection, Space.Id, options.ConsistencyToken);
            var response = await Connection
                .CallAsync(
                    Rpc.ListDocuments,
                    call =>
                        Connection.Documents.ListDocumentsAsync(
                            new ListDocumentsRequest
                            {
                                Parent = Name,
                                PageSize = options.PageSize,
                                PageToken = pageToken ?? "",
                                ConsistencyTokens = { freshness.Tokens },
                                JsonBodies = true,
                            },
                            call
                        ),
                    options.Timeout,
                    cancellation,
                    forgetTokens: freshness.Forget
                )
                .ConfigureAwait(false);
            if (response.Documents.Count > 0)
            {
                Connection.Spaces.Learn(Space.Id, response.Documents[0].Name);
            }

            return new ListPage<DocumentSnapshot<T>>(
                [.. response.Documents.Select(Codec.Read)],
                response.NextPageToken is "" ? null : response.NextPageToken
            );
        }
    }

    /// <summary>
    /// Follows the collection; the client holds the documents. Each item is a whole view that existed at one moment,
    /// the first when the first listing is complete; an empty collection gives an empty one. A slow reader skips
    /// moments and gets fewer, bigger steps. It reconnects by itself for ever, and shows that by
    /// <see cref="CollectionSnapshot{T}.IsLive"/>.
    /// </summary>
    /// <param name="cancellationToken">Ends it, as leaving the loop does.</param>
    /// <returns>The views, one after another, without end.</returns>
    /// <exception cref="VibeException">
    /// Why the collection can be followed no longer: <see cref="Reason.GrantRevoked"/>,
    /// <see cref="Reason.GrantExpired"/>, <see cref="Reason.NotGranted"/>, or UNAUTHENTICATED when signed out. On
    /// denial drop what you hold.
    /// </exception>
    public async IAsyncEnumerable<CollectionSnapshot<T>> SnapshotsAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        await using var feed = new SnapshotFeed<T>(Connection, Space.Id, Name, Codec, cancellationToken);
        while (await feed.NextAsync().ConfigureAwait(false) is { } snapshot)
        {
            yield return snapshot;
        }
    }

    /// <summary>
    /// Follows the collection; the reader holds the documents. Pages come in order and none is left out; the feed
    /// itself holds the last state of each document, not every state. Four pages are held ready; a reader that leaves
    /// them waiting is served apart from the others until it has caught up. It reconnects by itself for ever and goes
    /// on after the last page that it gave. In silence a page without changes comes every ten
    /// minutes, so that a stored token does not age.
    /// </summary>
    /// <param name="options">The token to resume from; null begins with a snapshot.</param>
    /// <param name="cancellationToken">Ends it, as leaving the loop does.</param>
    /// <returns>The pages, one after another, without end.</returns>
    /// <exception cref="VibeException">As in <see cref="SnapshotsAsync"/>.</exception>
    public async IAsyncEnumerable<ChangePage<T>> SubscribeAsync(
        SubscribeOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        await using var feed = new PageFeed(Connection, Space.Id, Name, options, cancellationToken);
        while (await feed.NextAsync().ConfigureAwait(false) is { } page)
        {
            yield return page.ToPage(Codec);
        }
    }

    /// <summary>Returns the resource name.</summary>
    /// <returns>The resource name.</returns>
    public override string ToString() => Name;
}
