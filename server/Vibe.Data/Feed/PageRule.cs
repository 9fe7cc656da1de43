namespace Vibe.Data.Feed;

/// <summary>Cuts the next page out of the order of a view.</summary>
internal static class PageRule
{
    // The page is a function of the view and the cursor alone: the nearest places beyond the cursor, cut by what is
    // sent, never by what had to be read. One more than fits is kept, because only that tells a full page with more
    // behind it from one that happens to end with the snapshot. Candidates and head must come from one snapshot:
    // a place beyond the head would let the page vouch for a moment that it does not show. The size is that of the
    // change and not of the document, for what a removal weighs must not depend on what went on out of sight.
    public static FeedPage<T> Next<T>(
        IEnumerable<T> candidates,
        Func<T, ViewPlace?> place,
        Func<FeedChange<T>, int> size,
        long cursor,
        long head,
        long snapshotFrom,
        int maxChanges,
        int maxBytes
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxChanges, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(cursor, head);
        return Cut(
            Nearest(candidates, place, cursor, head, snapshotFrom, maxChanges),
            size,
            head,
            maxChanges,
            maxBytes
        );
    }

    /// <summary>
    /// Cuts a page out of changes that are in order, all beyond the cursor, and either more than fit or all that there are.
    /// </summary>
    public static FeedPage<T> Cut<T>(
        IReadOnlyList<FeedChange<T>> nearest,
        Func<FeedChange<T>, int> size,
        long head,
        int maxChanges,
        int maxBytes
    )
    {
        if (nearest.Count > 0 && nearest[^1].Place.Revision > head)
        {
            throw new ArgumentException("A change lies beyond the head of the snapshot.", nameof(nearest));
        }

        var sent = new List<FeedChange<T>>(Math.Min(nearest.Count, maxChanges));
        var bytes = 0L;
        foreach (var change in nearest)
        {
            if (sent.Count == maxChanges)
            {
                break;
            }

            bytes += size(change);
            if (bytes > maxBytes && sent.Count > 0)
            {
                break;
            }

            sent.Add(change);
        }

        return sent.Count == nearest.Count
            ? new(sent, head, Exhausted: true)
            : new(sent, sent[^1].Place.Revision, Exhausted: false);
    }

    private static FeedChange<T>[] Nearest<T>(
        IEnumerable<T> candidates,
        Func<T, ViewPlace?> place,
        long cursor,
        long head,
        long snapshotFrom,
        int maxChanges
    )
    {
        var farthestFirst = new PriorityQueue<FeedChange<T>, long>();
        foreach (var item in candidates)
        {
            if (place(item) is not { } at || at.Revision <= cursor || (!at.IsIn && at.Revision <= snapshotFrom))
            {
                continue;
            }

            if (at.Revision > head)
            {
                throw new ArgumentException("A candidate lies beyond the head of the snapshot.", nameof(candidates));
            }

            if (farthestFirst.Count <= maxChanges)
            {
                farthestFirst.Enqueue(new(item, at), -at.Revision);
            }
            else
            {
                farthestFirst.EnqueueDequeue(new(item, at), -at.Revision);
            }
        }

        var nearest = new FeedChange<T>[farthestFirst.Count];
        for (var i = nearest.Length - 1; i >= 0; i--)
        {
            nearest[i] = farthestFirst.Dequeue();
        }

        return nearest;
    }
}
