using Vibe.Access.V1;
using Vibe.Consent.Policy;
using Vibe.Data.Documents;
using Vibe.Storage.Sessions;
using Vibe.Storage.Spaces;

namespace Vibe.Data.Feed;

/// <summary>
/// Reads the next page of a view. The feed is the documents themselves in the order of the view: whoever is far behind
/// reads each document once, in its last state.
/// </summary>
public sealed class ChangeFeed
{
    private const int BodiesAtOnce = 32;

    private readonly DocumentStore _store;

    internal ChangeFeed(DocumentStore store) => _store = store;

    /// <summary>Reads a page from one state of the database.</summary>
    /// <param name="session">The state.</param>
    /// <param name="permit">Through whose eyes; made in the same session.</param>
    /// <param name="position">Where the reader is; nothing to begin a snapshot.</param>
    /// <param name="maxChanges">How many changes the page may hold.</param>
    /// <param name="maxBytes">How large it may grow.</param>
    /// <param name="structured">Whether contents go as structured values.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task<FeedSlice> ReadAsync(
        Session session,
        Permit permit,
        FeedPosition? position,
        int maxChanges,
        int maxBytes,
        bool structured,
        CancellationToken cancellation
    )
    {
        permit.Require(Operation.Read);
        var head = (await SpaceState.ReadAsync(session, permit.Collection.Space, cancellation))?.Head ?? 0;
        var start = position ?? new FeedPosition(0, head);
        var view = new View(permit);
        var page =
            view.IsWhole || view.IsAllContent
                ? await ReadInOrderAsync(session, view, start, head, maxChanges, maxBytes, structured, cancellation)
                : await ReadPlannedAsync(session, view, start, head, maxChanges, maxBytes, structured, cancellation);
        return new FeedSlice(
            [.. page.Changes.Select(change => change.Item)],
            start with
            {
                Cursor = page.Cursor,
            },
            head,
            page.Exhausted
        );
    }

    private async Task<FeedPage<FeedEntry>> ReadInOrderAsync(
        Session session,
        View view,
        FeedPosition start,
        long head,
        int maxChanges,
        int maxBytes,
        bool structured,
        CancellationToken cancellation
    )
    {
        var read = view.IsWhole
            ? _store.ByRevisionAsync(
                session,
                view.Permit.Collection,
                start.Cursor,
                start.SnapshotFrom,
                maxChanges + 1,
                cancellation
            )
            : _store.ByContentRevisionAsync(
                session,
                view.Permit.Collection,
                start.Cursor,
                start.SnapshotFrom,
                maxChanges + 1,
                cancellation
            );
        var entries = new List<(FeedEntry Entry, ViewPlace? Place)>();
        var bytes = 0L;
        await foreach (var stored in read)
        {
            var place = view.Place(stored, null);
            var entry = FeedEntry.Of(stored, view, place!.Value, structured);
            entries.Add((entry, place));
            // One beyond the limit is enough to know that the page is full.
            if ((bytes += entry.Size) > maxBytes && entries.Count > 1)
                break;
        }
        return Cut(entries, start, head, maxChanges, maxBytes);
    }

    // Which documents come next is found from their stamps alone; bodies are read for those, in their order, until the
    // page is full. Nothing in it depends on the size of what is not sent.
    private async Task<FeedPage<FeedEntry>> ReadPlannedAsync(
        Session session,
        View view,
        FeedPosition start,
        long head,
        int maxChanges,
        int maxBytes,
        bool structured,
        CancellationToken cancellation
    )
    {
        var collection = view.Permit.Collection;
        var lists = view.IsBoundByLists
            ? await _store.ListsOfChangedAsync(session, collection, start.Cursor, cancellation)
            : null;
        var changed = await _store.ChangedAsync(session, collection, start.Cursor, cancellation);
        var plan = PageRule.Next(
            changed,
            stored => view.Place(stored, lists?[stored.Name.Id].ToList()),
            _ => 0,
            start.Cursor,
            head,
            start.SnapshotFrom,
            maxChanges,
            maxBytes
        );
        var entries = new List<(FeedEntry Entry, ViewPlace? Place)>();
        var bytes = 0L;
        foreach (var chunk in plan.Changes.Chunk(BodiesAtOnce))
        {
            if (bytes > maxBytes)
                break;
            var bodies = await BodiesAsync(session, collection, chunk, cancellation);
            foreach (var change in chunk)
            {
                var stored = change.Place.IsIn ? bodies[change.Item.Name.Id] : change.Item;
                var entry = FeedEntry.Of(stored, view, change.Place, structured);
                entries.Add((entry, change.Place));
                bytes += entry.Size;
            }
        }
        var page = Cut(entries, start, head, maxChanges, maxBytes);
        return page.Exhausted && !(plan.Exhausted && entries.Count == plan.Changes.Count)
            ? page with
            {
                Exhausted = false,
                Cursor = page.Changes[^1].Place.Revision,
            }
            : page;
    }

    private async Task<Dictionary<string, StoredDocument>> BodiesAsync(
        Session session,
        CollectionName collection,
        IEnumerable<FeedChange<StoredDocument>> changes,
        CancellationToken cancellation
    )
    {
        var ids = changes.Where(change => change.Place.IsIn).Select(change => change.Item.Name.Id).ToList();
        var found = ids.Count == 0 ? [] : await _store.FindAsync(session, collection, ids, cancellation);
        return found.ToDictionary(stored => stored.Name.Id, StringComparer.Ordinal);
    }

    private static FeedPage<FeedEntry> Cut(
        List<(FeedEntry Entry, ViewPlace? Place)> entries,
        FeedPosition start,
        long head,
        int maxChanges,
        int maxBytes
    )
    {
        var page = PageRule.Next(
            entries,
            entry => entry.Place,
            change => change.Item.Entry.Size,
            start.Cursor,
            head,
            start.SnapshotFrom,
            maxChanges,
            maxBytes
        );
        return new FeedPage<FeedEntry>(
            [.. page.Changes.Select(change => new FeedChange<FeedEntry>(change.Item.Entry, change.Place))],
            page.Cursor,
            page.Exhausted
        );
    }
}
