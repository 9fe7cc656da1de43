using Vibe.Client.Calls;
using Vibe.Data.V1;

namespace Vibe.Client;

/// <summary>
/// The address of a document, whether it is there or not. Only its verbs ask anything. Each write goes out with an
/// idempotency key, so that the client can repeat it safely. Where 32 writes in the space are in flight, those that wait
/// may share a message, in which followers see them as one step; each succeeds or fails for itself.
/// </summary>
/// <typeparam name="T">The type of the content.</typeparam>
public sealed class DocumentRef<T>
{
    internal DocumentRef(Collection<T> collection, string id)
    {
        Collection = collection;
        Id = id;
    }

    /// <summary>The collection that the document lies in.</summary>
    public Collection<T> Collection { get; }

    /// <summary>The document's id.</summary>
    public string Id { get; }

    /// <summary>The resource name, <c>spaces/{space}/collections/{collection}/documents/{document}</c>.</summary>
    public string Name => $"{Collection.Name}/documents/{Id}";

    private Connection Connection => Collection.Space.Connection;

    /// <summary>Reads the document, at least as fresh as the client's own writes.</summary>
    /// <param name="options">Freshness, timeout; null takes the defaults.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The document; null for missing, deleted and hidden alike.</returns>
    /// <exception cref="VibeException">
    /// <see cref="Reason.NotGranted"/> without a grant, whether it is there or not.
    /// </exception>
    public async Task<DocumentSnapshot<T>?> GetAsync(
        ReadOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        var spaceId = Collection.Space.Id;
        var freshness = new Freshness(Connection, spaceId, options?.ConsistencyToken);
        try
        {
            var response = await Connection
                .CallAsync(
                    Rpc.GetDocument,
                    call =>
                        Connection.Documents.GetDocumentAsync(
                            new GetDocumentRequest
                            {
                                Name = Name,
                                ConsistencyTokens = { freshness.Tokens },
                                JsonBodies = true,
                            },
                            call
                        ),
                    options?.Timeout,
                    cancellationToken,
                    forgetTokens: freshness.Forget
                )
                .ConfigureAwait(false);
            Connection.Spaces.Learn(spaceId, response.Document.Name);
            return Collection.Codec.Read(response.Document);
        }
        catch (VibeException missing) when (missing.Reason == Reason.ResourceNotFound)
        {
            return null;
        }
    }

    /// <summary>Adds the document under this id, which must never have been used, in the caller's own space.</summary>
    /// <param name="value">The content; at most 1 MiB as canonical JSON.</param>
    /// <param name="options">Access list, key, timeout; null takes the defaults.</param>
    /// <param name="cancellationToken">Ends the call; the document may be there nevertheless.</param>
    /// <returns>The document's id, etag and time.</returns>
    /// <exception cref="VibeException">
    /// <see cref="Reason.ResourceExists"/> when the id is used or ever was, <see cref="Reason.NotGranted"/>,
    /// <see cref="Reason.FieldNotGranted"/> for a member that the caller may not create,
    /// <see cref="Reason.OwnerRequired"/> in another person's space.
    /// </exception>
    public Task<WriteResult> CreateAsync(
        T value,
        WriteOptions? options = null,
        CancellationToken cancellationToken = default
    ) => WriteAsync(Writes.Create(this, value, options), options, cancellationToken);

    /// <summary>
    /// Changes the members that are named here and leaves all others as they are. What is named is written, null
    /// included; nothing is removed. Members are replaced whole; an <see cref="Edit"/> goes deeper.
    /// </summary>
    /// <param name="members">
    /// An object or a map, such as <c>new { Rating = 8.5 }</c>. A name here is always a name.
    /// </param>
    /// <param name="options">Condition, key, timeout; null takes the defaults.</param>
    /// <param name="cancellationToken">Ends the call; the write may be there nevertheless.</param>
    /// <returns>The document's new etag and time.</returns>
    /// <exception cref="VibeException">
    /// <see cref="Reason.ResourceNotFound"/> when it is missing, deleted or hidden, <see cref="Reason.EtagMismatch"/>,
    /// <see cref="Reason.NotGranted"/>, <see cref="Reason.FieldNotGranted"/>, <see cref="Reason.AclDenied"/>.
    /// </exception>
    public Task<WriteResult> UpdateAsync(
        object members,
        WriteOptions? options = null,
        CancellationToken cancellationToken = default
    ) => WriteAsync(Writes.Update(this, members, options), options, cancellationToken);

    /// <summary>Sets and removes members by their paths, and leaves all others as they are.</summary>
    /// <param name="edit">What to change.</param>
    /// <param name="options">Condition, key, timeout; null takes the defaults.</param>
    /// <param name="cancellationToken">Ends the call; the write may be there nevertheless.</param>
    /// <returns>The document's new etag and time.</returns>
    /// <exception cref="VibeException">
    /// As for members, and <see cref="Reason.MemberNotObject"/> when something on the way is no object.
    /// </exception>
    public Task<WriteResult> UpdateAsync(
        Edit edit,
        WriteOptions? options = null,
        CancellationToken cancellationToken = default
    ) => WriteAsync(Writes.Update(this, edit, options), options, cancellationToken);

    /// <summary>
    /// Makes the document exactly this, as far as the caller may update it: members that are left out are removed,
    /// those that the caller may not update stay.
    /// </summary>
    /// <param name="value">The content; at most 1 MiB as canonical JSON.</param>
    /// <param name="options">Condition, creation when missing, key, timeout; null takes the defaults.</param>
    /// <param name="cancellationToken">Ends the call; the write may be there nevertheless.</param>
    /// <returns>The document's new etag and time.</returns>
    /// <exception cref="VibeException">As for updating members.</exception>
    public Task<WriteResult> ReplaceAsync(
        T value,
        WriteOptions? options = null,
        CancellationToken cancellationToken = default
    ) => WriteAsync(Writes.Replace(this, value, options), options, cancellationToken);

    /// <summary>
    /// Deletes the document whole, with members that the caller cannot see. Its id is never free again.
    /// </summary>
    /// <param name="options">Condition, success when missing, key, timeout; null takes the defaults.</param>
    /// <param name="cancellationToken">Ends the call; the document may be deleted nevertheless.</param>
    /// <returns>The result, without etag and time.</returns>
    /// <exception cref="VibeException">
    /// <see cref="Reason.ResourceNotFound"/> when it is missing, deleted or hidden, <see cref="Reason.EtagMismatch"/>,
    /// <see cref="Reason.NotGranted"/>, <see cref="Reason.AclDenied"/>.
    /// </exception>
    public Task<WriteResult> DeleteAsync(WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        WriteAsync(Writes.Delete(this, options), options, cancellationToken);

    /// <summary>Replaces the document's access list, whole. The content stays as it is.</summary>
    /// <param name="acl">The new list.</param>
    /// <param name="options">Condition, key, timeout; null takes the defaults.</param>
    /// <param name="cancellationToken">Ends the call; the list may be replaced nevertheless.</param>
    /// <returns>The document's new etag and time.</returns>
    /// <exception cref="VibeException">
    /// As for updating members; <see cref="Reason.AclDenied"/> also when the list gives what the caller does not have.
    /// </exception>
    public Task<WriteResult> SetAclAsync(
        Acl acl,
        WriteOptions? options = null,
        CancellationToken cancellationToken = default
    ) => WriteAsync(Writes.SetAcl(this, acl, options), options, cancellationToken);

    /// <summary>Returns the resource name.</summary>
    /// <returns>The resource name.</returns>
    public override string ToString() => Name;

    private Task<WriteResult> WriteAsync(Write write, WriteOptions? options, CancellationToken cancellationToken) =>
        Writes.CommitAsync(Collection.Space, write, options, cancellationToken);
}
