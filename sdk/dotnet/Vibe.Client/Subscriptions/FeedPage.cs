using Wire = Vibe.Sync.V1;

namespace Vibe.Client.Subscriptions;

/// <summary>A page of the feed before its documents have a type.</summary>
internal sealed record FeedPage(IReadOnlyList<Wire.Change> Changes, bool IsReset, bool IsLive, string ResumeToken)
{
    /// <summary>Whether it says no more than that a stream goes on where the one before it stood.</summary>
    public bool IsEcho { get; init; }

    public ChangePage<T> ToPage<T>(Codec<T> codec) =>
        new()
        {
            Changes = [.. Changes.Select(change => ToChange(change, codec))],
            IsReset = IsReset,
            IsLive = IsLive,
            ResumeToken = ResumeToken,
        };

    public static Change<T> ToChange<T>(Wire.Change change, Codec<T> codec) =>
        change.KindCase == Wire.Change.KindOneofCase.Put
            ? new Change<T>(codec.Read(change.DocumentId, change.Put))
            : new Change<T>(change.DocumentId, CauseOf(change.Removed));

    private static RemovalCause CauseOf(Wire.Removed? removed) =>
        removed?.Cause == Wire.RemovalCause.Deleted ? RemovalCause.Deleted : RemovalCause.NoLongerVisible;
}
