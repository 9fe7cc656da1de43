namespace Vibe.Data.Feed;

/// <summary>Where a reader is in the order of its view.</summary>
/// <param name="Cursor">Everything up to this revision was sent.</param>
/// <param name="SnapshotFrom">The head when the reader's snapshot began; what was removed before is not announced.</param>
public readonly record struct FeedPosition(long Cursor, long SnapshotFrom)
{
    /// <summary>The newest revision that the place rests on; it holds in histories alone that are the same up to there.</summary>
    public long Reach => Math.Max(Cursor, SnapshotFrom);
}
