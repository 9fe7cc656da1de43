namespace Vibe.Client;

/// <summary>
/// What a write may be told. There is one type for all verbs. What does not fit a verb is refused: by the server, such
/// as <see cref="IfMatch"/> on create, or with an <see cref="ArgumentException"/> where no request could say it.
/// </summary>
public sealed class WriteOptions
{
    /// <summary>
    /// The etag that the document must still have for the caller, or <c>*</c> for one that must exist. When it
    /// differs the write fails with <see cref="Reason.EtagMismatch"/>, whose metadata quotes the present one. Null
    /// makes no check.
    /// </summary>
    public string? IfMatch { get; init; }

    /// <summary>
    /// Lets an update or replace create the document when its id was never used, and a delete succeed when there is
    /// nothing to delete. Other verbs refuse it.
    /// </summary>
    public bool AllowMissing { get; init; }

    /// <summary>
    /// The access list of a document that is created; null leaves access to the owner alone. Only create takes it.
    /// </summary>
    public Acl? Acl { get; init; }

    /// <summary>
    /// A key of the caller's own, 1 to 64 characters of <c>[A-Za-z0-9._~-]</c>, for writes that must not double across
    /// a restart. Without one, each call has a random key, the same on every attempt. The server keeps keys for at
    /// least a day. Not for a write within a batch.
    /// </summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>
    /// How long the call may take as a whole; null takes that of the client. Not for a write within a batch.
    /// </summary>
    public TimeSpan? Timeout { get; init; }
}
