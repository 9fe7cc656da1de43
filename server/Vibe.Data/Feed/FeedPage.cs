namespace Vibe.Data.Feed;

/// <summary>
/// One page of a reader's feed. An exhausted page shows its snapshot to the end and closes with a checkpoint.
/// </summary>
internal sealed record FeedPage<T>(IReadOnlyList<FeedChange<T>> Changes, long Cursor, bool Exhausted);
