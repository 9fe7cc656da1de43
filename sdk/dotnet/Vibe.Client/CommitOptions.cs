namespace Vibe.Client;

/// <summary>What the commit of a batch may be told.</summary>
public sealed class CommitOptions
{
    /// <summary>
    /// A key of the caller's own for the whole batch, as in <see cref="WriteOptions.IdempotencyKey"/>.
    /// </summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>How long the call may take as a whole; null takes that of the client.</summary>
    public TimeSpan? Timeout { get; init; }
}
