using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;
using Vibe.Access.V1;
using Vibe.Data.V1;
using Vibe.Proof.StoredTruth.Oracles;
using Vibe.Sync.V1;

namespace Vibe.Proof.StoredTruth;

/// <summary>Whose eyes a collection is seen through.</summary>
internal sealed record Reader(string Name, Party Party);

/// <summary>
/// Compares what readers are told with what the oracle knows. A page was read at one place of the order, which the page
/// does not name: it is right if there is one that it fits, not before that of the page before. The earliest is taken, so
/// that whatever fits the truth fits here; where grants changed meanwhile, the earliest for each.
/// </summary>
internal sealed class Judge(Oracle oracle)
{
    private readonly Dictionary<string, string> _etags = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _contents = new(StringComparer.Ordinal);
    private readonly SortedDictionary<int, Timestamp> _times = [];

    /// <summary>Whether pages may end early because of their size in bytes.</summary>
    public bool IsHeavy { get; init; }

    /// <summary>Takes down when a change was made, as its writer was told.</summary>
    public void Learn(int tick, Timestamp time) => _times.TryAdd(tick, time);

    /// <summary>Forgets the times of changes that a restore undid.</summary>
    public void ForgetBehind(int tick)
    {
        foreach (var later in _times.Keys.Where(key => key > tick).ToList())
            _times.Remove(later);
    }

    /// <summary>
    /// Takes a page that was read somewhere between two places, and gives where its client may stand then: at the earliest
    /// place for each sight that the page fits.
    /// </summary>
    /// <exception cref="Violation">There is no place that it fits.</exception>
    public IReadOnlyList<Stand> Take(
        Reader reader,
        string collection,
        IReadOnlyList<Stand> stands,
        Page page,
        int size,
        int from,
        int to
    )
    {
        if (
            page.Changes.Count > size
            || page.Changes.Select(change => change.DocumentId).Distinct().Count() < page.Changes.Count
        )
            throw new Violation($"{reader.Name}: a page of {size} holds too much, or something twice: {page}");
        if (page.Checkpoint is null && page.Changes.Count < size && !IsHeavy)
            throw new Violation(
                $"{reader.Name}: a page of {size} ends before it is full, and without a checkpoint: {page}"
            );
        var next = stands[0].Copy.Apply(page);
        var fitting = new List<Stand>();
        var reasons = new List<string>();
        for (var place = Math.Max(from, stands.Min(stand => stand.Place)); place <= to; place++)
        {
            if (oracle.SightOf(reader.Party, place) is not { } sight)
                continue;
            var grant = GrantOf(reader, place);
            if (fitting.Any(stand => stand.Sight == sight && stand.Grant == grant))
                continue;
            var view = oracle.View(sight, collection, place);
            foreach (var stand in stands.Where(stand => stand.Place <= place))
            {
                var goesOn =
                    stand.Copy.Token.Length > 0 && !stand.IsLost && stand.Sight == sight && stand.Grant == grant;
                var reason =
                    page.Reset == goesOn
                        ? (goesOn ? "it begins anew without need" : "it goes on from where it cannot")
                        : Unfit(page, view, goesOn ? stand : null, place)
                            ?? (page.Checkpoint is null ? null : Difference(next.Documents, view));
                if (reason is not null)
                {
                    reasons.Add($"place {place}: {reason}");
                    continue;
                }
                fitting.Add(Moved(stand, next, page, sight, grant, place));
                break;
            }
        }
        if (fitting.Count > 0)
            return fitting;
        throw new Violation(
            $"{reader.Name}: no place from {from} to {to} fits {(page.Reset ? "a first page" : "a page")}:\n{string.Join('\n', reasons.TakeLast(3))}\n{page}"
        );
    }

    /// <summary>What tells documents as they were listed or kept from a view; nothing if they are the same.</summary>
    public string? Difference(IReadOnlyDictionary<string, Put> documents, IReadOnlyDictionary<string, Seen> view)
    {
        foreach (var (id, seen) in view)
        {
            if (seen.IsIn != documents.TryGetValue(id, out var put))
                return $"{id} is {(seen.IsIn ? "missing" : "still there")}";
            if (put is not null && Unlike(put, seen) is { } difference)
                return $"{id}: {difference}";
        }
        var foreign = documents.Keys.FirstOrDefault(id => !view.ContainsKey(id));
        return foreign is null ? null : $"{foreign} was never to be seen";
    }

    /// <summary>What tells a document from how it must be seen.</summary>
    public string? Unlike(Put put, Seen seen)
    {
        if (put.Json.ToStringUtf8() != seen.Json)
            return $"it is {Short(put.Json.ToStringUtf8())} and not {Short(seen.Json)}";
        if (Lists.Text(put.Acl) != seen.List)
            return $"its list is {Lists.Text(put.Acl)} and not {seen.List}";
        var content = $"{seen.Json}\n{seen.List}";
        if (put.Etag != (seen.Etag ?? _etags.GetValueOrDefault(content, put.Etag)))
            return $"its etag is {put.Etag} and not {seen.Etag ?? _etags[content]}";
        if (_contents.GetValueOrDefault(put.Etag, content) != content)
            return $"its etag {put.Etag} is that of {Short(_contents[put.Etag])}";
        (_etags[content], _contents[put.Etag]) = (put.Etag, content);
        if (_times.TryGetValue(seen.CameIn, out var created) && !created.Equals(put.CreateTime))
            return $"it came at {put.CreateTime} and not at {created}";
        if (_times.TryGetValue(seen.Moved, out var moved) && !moved.Equals(put.UpdateTime))
            return $"it moved at {put.UpdateTime} and not at {moved}";
        return null;
    }

    /// <summary>A document as an answer shows it, in the form of a page.</summary>
    public static Put ToPut(Document document) =>
        new()
        {
            Json = document.Json,
            Etag = document.Etag,
            CreateTime = document.CreateTime,
            UpdateTime = document.UpdateTime,
            Acl = document.Acl,
        };

    // Why a page cannot have been read at a place, as far as its changes tell.
    private string? Unfit(Page page, ImmutableSortedDictionary<string, Seen> view, Stand? stand, int place)
    {
        var last = 0;
        foreach (var change in page.Changes)
        {
            if (!view.TryGetValue(change.DocumentId, out var seen))
                return $"{change.DocumentId} was never to be seen";
            var isPut = change.KindCase == Change.KindOneofCase.Put;
            if (isPut != seen.IsIn)
                return $"{change.DocumentId} {(isPut ? "is not to be seen" : "is there")}";
            if (isPut && Unlike(change.Put, seen) is { } difference)
                return $"{change.DocumentId}: {difference}";
            if (!isPut && change.Removed.Cause != seen.Cause)
                return $"{change.DocumentId} went because {seen.Cause}";
            if (seen.Moved <= last)
                return $"{change.DocumentId} comes after what moved later";
            if (seen.Moved <= Since(change, stand, place))
                return $"{change.DocumentId} comes again and did not move";
            last = seen.Moved;
        }
        return null;
    }

    // The change up to which a client was told of a document; anything after it is news.
    private int Since(Change change, Stand? stand, int place)
    {
        var isPut = change.KindCase == Change.KindOneofCase.Put;
        if (stand is null)
            return isPut ? -1 : oracle.Ticks(place);
        if (stand.Told.TryGetValue(change.DocumentId, out var told))
            return oracle.Ticks(told);
        if (stand.SnapshotAt is { } began)
            return isPut ? -1 : oracle.Ticks(began);
        return stand.Complete < 0 ? -1 : oracle.Ticks(stand.Complete);
    }

    private static Stand Moved(Stand stand, Copy next, Page page, Sight sight, string grant, int place)
    {
        var isComplete = page.Checkpoint is not null;
        var told = page.Reset ? Stand.Nothing.Told : stand.Told;
        return new Stand(
            next,
            sight,
            grant,
            place,
            isComplete ? place
                : page.Reset ? -1
                : stand.Complete,
            isComplete
                ? Stand.Nothing.Told
                : told.SetItems(page.Changes.Select(change => KeyValuePair.Create(change.DocumentId, place))),
            isComplete ? null
                : page.Reset ? place
                : stand.SnapshotAt,
            false
        );
    }

    public string GrantOf(Reader reader, int place) =>
        reader.Party.App is { } app ? oracle.Grant(app, place)?.Name ?? "" : "";

    private static string Short(string? text) => text is { Length: > 200 } ? $"{text[..200]}…" : text ?? "nothing";
}
