using Vibe.Client.Calls;
using Vibe.Data.V1;

namespace Vibe.Client;

/// <summary>
/// Writes to documents of one space, carried out all or none, as one moment: no read and no snapshot shows half of
/// them. At most 500, each to another document, each with conditions of its own. A batch is committed once, and is not
/// meant for several threads at the same time.
/// </summary>
public sealed class WriteBatch
{
    private readonly Space _space;
    private readonly List<Write> _writes = [];
    private bool _isCommitted;

    internal WriteBatch(Space space) => _space = space;

    /// <summary>How many writes the batch holds.</summary>
    public int Count => _writes.Count;

    /// <summary>Adds a document, as <see cref="DocumentRef{T}.CreateAsync"/> does.</summary>
    /// <typeparam name="T">The type of the content.</typeparam>
    /// <param name="document">The document, perhaps from <see cref="Collection{T}.NewDocument"/>.</param>
    /// <param name="value">The content.</param>
    /// <param name="options">The access list; null takes the defaults.</param>
    /// <returns>This batch.</returns>
    /// <exception cref="ArgumentException">
    /// The document lies elsewhere, or an option belongs to the whole batch.
    /// </exception>
    /// <exception cref="InvalidOperationException">The batch is committed already.</exception>
    public WriteBatch Create<T>(DocumentRef<T> document, T value, WriteOptions? options = null) =>
        Add(document, options, () => Writes.Create(document, value, options));

    /// <summary>
    /// Changes the members that are named, as
    /// <see cref="DocumentRef{T}.UpdateAsync(object, WriteOptions?, CancellationToken)"/> does.
    /// </summary>
    /// <typeparam name="T">The type of the content.</typeparam>
    /// <param name="document">The document.</param>
    /// <param name="members">An object or a map of the members.</param>
    /// <param name="options">The condition; null takes the defaults.</param>
    /// <returns>This batch.</returns>
    /// <exception cref="ArgumentException">
    /// The document lies elsewhere, or an option belongs to the whole batch.
    /// </exception>
    /// <exception cref="InvalidOperationException">The batch is committed already.</exception>
    public WriteBatch Update<T>(DocumentRef<T> document, object members, WriteOptions? options = null) =>
        Add(document, options, () => Writes.Update(document, members, options));

    /// <summary>
    /// Sets and removes members by their paths, as
    /// <see cref="DocumentRef{T}.UpdateAsync(Edit, WriteOptions?, CancellationToken)"/> does.
    /// </summary>
    /// <typeparam name="T">The type of the content.</typeparam>
    /// <param name="document">The document.</param>
    /// <param name="edit">What to change.</param>
    /// <param name="options">The condition; null takes the defaults.</param>
    /// <returns>This batch.</returns>
    /// <exception cref="ArgumentException">
    /// The document lies elsewhere, or an option belongs to the whole batch.
    /// </exception>
    /// <exception cref="InvalidOperationException">The batch is committed already.</exception>
    public WriteBatch Update<T>(DocumentRef<T> document, Edit edit, WriteOptions? options = null) =>
        Add(document, options, () => Writes.Update(document, edit, options));

    /// <summary>Makes a document exactly this, as <see cref="DocumentRef{T}.ReplaceAsync"/> does.</summary>
    /// <typeparam name="T">The type of the content.</typeparam>
    /// <param name="document">The document.</param>
    /// <param name="value">The content.</param>
    /// <param name="options">The condition; null takes the defaults.</param>
    /// <returns>This batch.</returns>
    /// <exception cref="ArgumentException">
    /// The document lies elsewhere, or an option belongs to the whole batch.
    /// </exception>
    /// <exception cref="InvalidOperationException">The batch is committed already.</exception>
    public WriteBatch Replace<T>(DocumentRef<T> document, T value, WriteOptions? options = null) =>
        Add(document, options, () => Writes.Replace(document, value, options));

    /// <summary>Deletes a document, as <see cref="DocumentRef{T}.DeleteAsync"/> does.</summary>
    /// <typeparam name="T">The type of the content.</typeparam>
    /// <param name="document">The document.</param>
    /// <param name="options">The condition; null takes the defaults.</param>
    /// <returns>This batch.</returns>
    /// <exception cref="ArgumentException">
    /// The document lies elsewhere, or an option belongs to the whole batch.
    /// </exception>
    /// <exception cref="InvalidOperationException">The batch is committed already.</exception>
    public WriteBatch Delete<T>(DocumentRef<T> document, WriteOptions? options = null) =>
        Add(document, options, () => Writes.Delete(document, options));

    /// <summary>Replaces a document's access list, as <see cref="DocumentRef{T}.SetAclAsync"/> does.</summary>
    /// <typeparam name="T">The type of the content.</typeparam>
    /// <param name="document">The document.</param>
    /// <param name="acl">The new list.</param>
    /// <param name="options">The condition; null takes the defaults.</param>
    /// <returns>This batch.</returns>
    /// <exception cref="ArgumentException">
    /// The document lies elsewhere, or an option belongs to the whole batch.
    /// </exception>
    /// <exception cref="InvalidOperationException">The batch is committed already.</exception>
    public WriteBatch SetAcl<T>(DocumentRef<T> document, Acl acl, WriteOptions? options = null) =>
        Add(document, options, () => Writes.SetAcl(document, acl, options));

    /// <summary>Carries out all writes, or none.</summary>
    /// <param name="options">Key, timeout; null takes the defaults.</param>
    /// <param name="cancellationToken">Ends the call; the writes may be there nevertheless.</param>
    /// <returns>One result for each write, in their order.</returns>
    /// <exception cref="VibeException">
    /// What the refused write would have failed with alone; its place, counted from 0, is in the metadata as
    /// <c>write</c>.
    /// </exception>
    /// <exception cref="InvalidOperationException">The batch is committed already.</exception>
    public Task<IReadOnlyList<WriteResult>> CommitAsync(
        CommitOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ThrowIfCommitted();
        _isCommitted = true;
        return Writes.CommitAsync(_space, _writes, options, cancellationToken);
    }

    private WriteBatch Add<T>(DocumentRef<T> document, WriteOptions? options, Func<Write> make)
    {
        ArgumentNullException.ThrowIfNull(document);
        ThrowIfCommitted();
        var space = document.Collection.Space;
        var spaces = _space.Connection.Spaces;
        if (space.Connection != _space.Connection || spaces.Resolve(space.Id) != spaces.Resolve(_space.Id))
        {
            throw new ArgumentException("A batch holds documents of its own space alone.", nameof(document));
        }

        if (options is { IdempotencyKey: not null } or { Timeout: not null })
        {
            throw new ArgumentException("Key and timeout are the batch's: give them to CommitAsync.", nameof(options));
        }

        var write = make();
        write.Document = $"{_space.Name}/collections/{document.Collection.Id}/documents/{document.Id}";
        _writes.Add(write);
        return this;
    }

    private void ThrowIfCommitted()
    {
        if (_isCommitted)
        {
            throw new InvalidOperationException("The batch is committed already.");
        }
    }
}
