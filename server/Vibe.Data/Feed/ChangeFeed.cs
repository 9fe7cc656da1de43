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
    private readonly FeedPlans _plans;

    internal ChangeFeed(DocumentStore store, FeedPlans plans) => (_store, _plans) = (store, plans);

    /// <summary>
    /// Asks for what little may have changed behind a place, so that pages of the same state, whoever they are for, find it
    /// known.
    /// </summary>
    /// <param name="answers">Where the answers are taken down.</param>
    /// <param name="collection">The collection.</param>
    /// <param name="position">The place.</param>
    /// <param name="boundByLists">Whether some of them are for others than the owner's side.</param>
    public static IReadOnlyList<Ask> AskNewest(
        Answers answers,
        CollectionName collection,
        FeedPosition position,
        bool boundByLists
    )
    {
        var (asks, newest) = DocumentStore.AskNewest(collection, position.Cursor, boundByLists);
        answers.Set(new NewestQuestion(collection, position.Cursor), newest);
        return asks;
    }

    /// <summary>Reads a page from one state of the database.</summary>
    /// <param name="session">The state.</param>
    /// <param name="permit">Through whose eyes; made in the same session.</param>
    /// <param name="position">Where the reader is; nothing to begin a snapshot.</param>
    /// <param name="head">The newest revision of the space; read in the same session.</param>
    /// <param name="maxChanges">How many changes the page may hold.</param>
    /// <param name="maxBytes">How large it may grow.</param>
    /// <param name="structured">Whether contents go as structured values.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task<FeedSlice> ReadAsync(
        Session session,
        Permit permit,
        FeedPosition? position,
        long head,
        int maxChanges,
        int maxBytes,
        bool structured,
        CancellationToken cancellation
    )
    {
        permit.Require(Operation.Read);
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
        var collection = view.Permit.Collection;
        var read = Newest(session, collection, start.Cursor) is { HaveBodies: true } known
            ? InOrder(known, view, start).ToAsyncEnumerable()
            : _store.InOrderAsync(session, collection, start, view.IsWhole, maxChanges + 1, cancellation);
        var entries = new List<FeedChange<FeedEntry>>();
        var bytes = 0L;
        await foreach (var (stored, changed) in read)
        {
            var place = View.PlaceAt(stored, changed);
            var entry = FeedEntry.Of(stored, view, place, structured);
            entries.Add(new FeedChange<FeedEntry>(entry, place));
            // One beyond the limit is enough to know that the page is full.
            if ((bytes += entry.Size) > maxBytes && entries.Count > 1)
                break;
        }
        return PageRule.Cut(entries, change => change.Item.Size, head, maxChanges, maxBytes);
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
        var plan = await PlanAsync(session, view, start, head, maxChanges, maxBytes, cancellation);
        var entries = new List<FeedChange<FeedEntry>>();
        var bytes = 0L;
        foreach (var chunk in plan.Changes.Chunk(BodiesAtOnce))
        {
            if (bytes > maxBytes)
                break;
            var ids = chunk.Select(each => each.Item.Id).ToArray();
            var documents =
                Newest(session, collection, start.Cursor)?.Find(ids)
                ?? await session.OnceAsync(
                    new ContentsQuestion(collection, string.Join('\n', ids)),
                    () => _store.FindAsync(session, collection, ids, cancellation)
                );
            foreach (var change in chunk)
            {
                var entry = FeedEntry.Of(documents[change.Item.Id], view, change.Place, structured);
                entries.Add(new FeedChange<FeedEntry>(entry, change.Place));
                bytes += entry.Size;
            }
        }
        var page = PageRule.Cut(entries, change => change.Item.Size, head, maxChanges, maxBytes);
        return page.Exhausted && !(plan.Exhausted && entries.Count == plan.Changes.Count)
            ? page with
            {
                Exhausted = false,
                Cursor = page.Changes[^1].Place.Revision,
            }
            : page;
    }

    private static NewestChanges? Newest(Session session, CollectionName collection, long cursor) =>
        session.Known<NewestChanges>(new NewestQuestion(collection, cursor)) is { AreAll: true } known ? known : null;

    // What the statements of the store read of a view of all content, of what is known already.
    private static IEnumerable<(StoredContent Document, Stamp Changed)> InOrder(
        NewestChanges known,
        View view,
        FeedPosition start
    ) =>
        from document in known.Documents
        let changed = view.IsWhole ? document.Changed : document.Content
        where changed.Revision > start.Cursor
        where document.Deleted is not { } deleted || deleted.Revision > start.SnapshotFrom
        orderby changed.Revision
        select (view.IsWhole ? document : (StoredContent)(document with { List = AccessList.Empty }), changed);

    // Who is far behind would look through all that is before it again for each page, if nothing was remembered.
    private async Task<FeedPage<PlannedChange>> PlanAsync(
        Session session,
        View view,
        FeedPosition start,
        long head,
        int maxChanges,
        int maxBytes,
        CancellationToken cancellation
    )
    {
        FeedPage<PlannedChange> Next(IEnumerable<PlannedChange> candidates) =>
            PageRule.Next(
                candidates,
                change => change.Place,
                _ => 0,
                start.Cursor,
                head,
                start.SnapshotFrom,
                maxChanges,
                maxBytes
            );

        // Of many who are equally far behind, one looks through it, and the others wait for that.
        using var turn = head - start.Cursor > maxChanges ? await _plans.TurnAsync(view.Permit, cancellation) : null;
        if (await _plans.FindAsync(session, view.Permit, start.Cursor, head, cancellation) is { } known)
        {
            turn?.Dispose();
            var ids = new HashSet<string>(StringComparer.Ordinal);
            var moved = await MovedAsync(session, view, known.Head, ids, cancellation);
            var stands = known.Behind(start.Cursor).Where(change => !ids.Contains(change.Id));
            // Where the plan ends before the state does, what comes behind it is not known.
            var page = Next(
                stands
                    .Where(change => change.Place.IsIn || change.Place.Revision > start.SnapshotFrom)
                    .Take(maxChanges + 1)
                    .Concat(moved.Where(change => known.To == known.Head || change.Place.Revision <= known.To))
            );
            if (known.To == known.Head || !page.Exhausted)
                return page;
        }
        var changes = await MovedAsync(session, view, start.Cursor, null, cancellation);
        if (changes.Count > maxChanges + 1)
            await _plans.KeepAsync(session, view.Permit, start.Cursor, head, changes, cancellation);
        return Next(changes);
    }

    // The places of the documents that changed behind a revision, in whatever way, where they have one in the view. All
    // that changed are added to the ids where those are asked for.
    private async Task<List<PlannedChange>> MovedAsync(
        Session session,
        View view,
        long revision,
        HashSet<string>? ids,
        CancellationToken cancellation
    )
    {
        var collection = view.Permit.Collection;
        var known = Newest(session, collection, revision);
        var lists = view.IsBoundByLists
            ? known?.Lists
                ?? await session.OnceAsync(
                    new ListsQuestion(collection, revision),
                    () => _store.ListsOfChangedAsync(session, collection, revision, cancellation)
                )
            : null;
        var changes = new List<PlannedChange>();
        var changed = known is not null
            ? known.Documents.Select(document => document.When).ToAsyncEnumerable()
            : session.StreamOnceAsync(
                new ChangedQuestion(collection, revision),
                () => _store.ChangedAsync(session, collection, revision, cancellation)
            );
        await foreach (var stored in changed)
        {
            ids?.Add(stored.Id);
            if (view.Place(stored, lists?.GetValueOrDefault(stored.Id)) is { } place)
                changes.Add(new PlannedChange(stored.Id, place));
        }
        return changes;
    }

    // Several views of one collection are shown the same documents, each its own part of them.
    private readonly record struct ChangedQuestion(CollectionName Collection, long Revision);

    private readonly record struct NewestQuestion(CollectionName Collection, long Cursor);

    private readonly record struct ListsQuestion(CollectionName Collection, long Revision);

    private readonly record struct ContentsQuestion(CollectionName Collection, string Ids);
}
