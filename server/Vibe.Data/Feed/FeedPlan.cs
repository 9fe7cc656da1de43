using Vibe.Consent.Policy;

namespace Vibe.Data.Feed;

/// <summary>A document's place in a view, without the document.</summary>
internal readonly record struct PlannedChange(string Id, ViewPlace Place);

/// <summary>
/// What comes next in a view for who is far behind, found once for many pages. It says where documents were in the order
/// of the view in one state of the space, and holds for every later one, but for documents that changed since.
/// </summary>
/// <param name="Collection">The collection.</param>
/// <param name="View">The digest of the view.</param>
/// <param name="Head">The state that it was made in.</param>
/// <param name="Incarnation">What wrote that state's head, by which a history that was put back is told apart.</param>
/// <param name="From">The place behind which it tells all.</param>
/// <param name="To">The place up to which it does.</param>
/// <param name="Changes">The documents in the order of the view.</param>
internal sealed record FeedPlan(
    CollectionName Collection,
    UInt128 View,
    long Head,
    string? Incarnation,
    long From,
    long To,
    PlannedChange[] Changes
)
{
    /// <summary>What is behind a cursor, in the order of the view.</summary>
    public IEnumerable<PlannedChange> Behind(long cursor)
    {
        var (low, high) = (0, Changes.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Changes[middle].Place.Revision <= cursor)
                low = middle + 1;
            else
                high = middle;
        }
        for (; low < Changes.Length; low++)
            yield return Changes[low];
    }
}
