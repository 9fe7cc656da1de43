namespace Vibe.Client;

/// <summary>What became of a write. It never carries content.</summary>
public sealed record WriteResult
{
    /// <summary>The document's id.</summary>
    public required string Id { get; init; }

    /// <summary>
    /// The etag after the write, for the caller; null after a deletion and where the caller may read nothing.
    /// </summary>
    public string? Etag { get; init; }

    /// <summary>The time of update after the write, for the caller; null where the etag is.</summary>
    public DateTimeOffset? UpdateTime { get; init; }

    /// <summary>
    /// Stands for the moment of the write. Reads in another process that quote it see the write; those of the same
    /// client do so by themselves.
    /// </summary>
    public required string ConsistencyToken { get; init; }
}
