using System.Collections.Immutable;
using System.Text.Json;
using Vibe.Access.V1;
using Vibe.Consent.V1;
using Vibe.Data.V1;
using Vibe.Sync.V1;

namespace Vibe.Proof.StoredTruth.Oracles;

/// <summary>Somebody who reads or writes: a person, through an app or without.</summary>
internal sealed record Party(string Person, string? App = null);

/// <summary>What of a space a reader may be shown, whatever is in it.</summary>
/// <param name="Members">The members that it may read, or <c>*</c>.</param>
/// <param name="IsOwners">Whether it reads for the owner, whom no list binds.</param>
/// <param name="SeesLists">Whether it may be shown lists, where those allow it.</param>
/// <param name="Person">Whom lists must allow, unless it reads for the owner.</param>
internal sealed record Sight(string Members, bool IsOwners, bool SeesLists, string Person);

/// <summary>
/// Knows what every reader must see after each operation, from the operations alone. It was written from the contract, and
/// knows nothing else of the server.
/// </summary>
/// <param name="owner">The owner of the space.</param>
internal sealed class Oracle(string owner)
{
    private readonly Dictionary<(Sight, string), List<ImmutableSortedDictionary<string, Seen>>> _views = [];
    private readonly List<Place> _places =
    [
        new(ImmutableDictionary<string, Stored>.Empty, ImmutableDictionary<string, Grant>.Empty, 0, []),
    ];

    /// <summary>The present place in the order.</summary>
    public int Now => _places.Count - 1;

    /// <summary>How many changes there were up to a place, each document and each grant counted by itself.</summary>
    public int Ticks(int place) => _places[place].Ticks;

    /// <summary>The grant that an app holds at a place.</summary>
    public Grant? Grant(string app, int place) => _places[place].Grants.GetValueOrDefault(app);

    /// <summary>Whether a document was ever made.</summary>
    public bool WasMade(string document) => _places[^1].Documents.ContainsKey(document);

    /// <summary>Whether a document exists.</summary>
    public bool Exists(string document) => _places[^1].Documents.GetValueOrDefault(document) is { Exists: true };

    /// <summary>Takes down what an app is allowed from now on; nothing where its grant ends.</summary>
    /// <param name="app">The app.</param>
    /// <param name="grant">The grant.</param>
    /// <param name="isOwners">Whether the owner gave it, so that it takes a place of its own in the space's order.</param>
    public void Allow(string app, Grant? grant, bool isOwners = true)
    {
        var last = _places[^1];
        var before = last.Grants.GetValueOrDefault(app);
        if (
            grant is null
                ? before is null
                : before is not null && before.Access.Equals(grant.Access) && before.Name == grant.Name
        )
            return;
        var grants = grant is null ? last.Grants.Remove(app) : last.Grants.SetItem(app, grant.Clone());
        _places.Add(last with { Grants = grants, Ticks = last.Ticks + (isOwners ? 1 : 0), Touched = [] });
    }

    /// <summary>Takes down writes that were carried out as one; tells whether they changed anything.</summary>
    public bool Carry(Party by, IEnumerable<Write> writes)
    {
        var last = _places[^1];
        var documents = last.Documents;
        var touched = new List<(string, int)>();
        foreach (var write in writes)
        {
            var before = documents.GetValueOrDefault(write.Document);
            var after = After(before, by, write);
            if (before is not null && before.Equals(after))
                continue;
            touched.Add((write.Document, last.Ticks + touched.Count + 1));
            documents = documents.SetItem(write.Document, after);
        }
        if (touched.Count > 0)
            _places.Add(last with { Documents = documents, Ticks = last.Ticks + touched.Count, Touched = touched });
        return touched.Count > 0;
    }

    /// <summary>Forgets everything behind a place, as a restored backup does.</summary>
    public void RestoreTo(int place)
    {
        _places.RemoveRange(place + 1, _places.Count - place - 1);
        foreach (var view in _views.Values.Where(view => view.Count > place + 1))
            view.RemoveRange(place + 1, view.Count - place - 1);
    }

    /// <summary>What a reader may be shown at a place; nothing where it may read nothing at all.</summary>
    public Sight? SightOf(Party party, int place)
    {
        var isOwners = party.Person == owner;
        var person = isOwners ? "" : party.Person;
        if (party.App is null)
            return new Sight("*", isOwners, true, person);
        var entries = _places[place]
            .Grants.GetValueOrDefault(party.App)
            ?.Access.Where(entry => isOwners || entry.IncludeShared);
        var members = entries is null ? "" : Members(entries, Operation.Read);
        return members.Length == 0
            ? null
            : new Sight(members, isOwners, entries!.Any(entry => entry.Operations.Contains(Operation.Share)), person);
    }

    /// <summary>All documents of a collection that a reader sees, or once saw, as they are in its view at a place.</summary>
    public ImmutableSortedDictionary<string, Seen> View(Sight sight, string collection, int place)
    {
        if (!_views.TryGetValue((sight, collection), out var view))
            _views[(sight, collection)] = view = [
                ImmutableSortedDictionary.Create<string, Seen>(StringComparer.Ordinal),
            ];
        var prefix = $"{collection}/documents/";
        while (view.Count <= place)
        {
            var next = view[^1];
            foreach (var (document, tick) in _places[view.Count].Touched)
            {
                if (!document.StartsWith(prefix, StringComparison.Ordinal))
                    continue;
                var id = document[prefix.Length..];
                var before = next.GetValueOrDefault(id);
                if (Look(sight, _places[view.Count].Documents[document], before, tick) is { } seen && seen != before)
                    next = next.SetItem(id, seen);
            }
            view.Add(next);
        }
        return view[place];
    }

    // How one document looks after a change: the same as before where nothing moved that the reader may see.
    private static Seen? Look(Sight sight, Stored stored, Seen? before, int tick)
    {
        if (!stored.Exists || !(sight.IsOwners || Lists.Allow(stored.Acl, sight.Person, Operation.Read)))
            return before is not { IsIn: true }
                ? before
                : Seen.Gone(stored.Exists ? RemovalCause.NoLongerVisible : RemovalCause.Deleted, tick);
        var members =
            sight.Members == "*" ? stored.Members : stored.Members.Where(member => Has(sight.Members, member.Key));
        var json = $"{{{string.Join(',', members.Select(member => $"\"{member.Key}\":{member.Value}"))}}}";
        var seesList = sight.SeesLists && (sight.IsOwners || Lists.Allow(stored.Acl, sight.Person, Operation.Share));
        var list = seesList ? stored.Acl : "";
        if (before is not { IsIn: true })
            return Seen.Here(json, list, tick, tick);
        return before.Json == json && before.List == list ? before : Seen.Here(json, list, before.CameIn, tick);
    }

    private Stored After(Stored? before, Party by, Write write) =>
        write.ActionCase switch
        {
            Write.ActionOneofCase.Create => new Stored(
                Canonical(write.Create.Json.ToStringUtf8()),
                Lists.Text(write.Create.Acl),
                true
            ),
            Write.ActionOneofCase.Update => before! with { Members = Updated(before, by, write.Update) },
            Write.ActionOneofCase.Delete => before! with { Members = Stored.Nothing, Exists = false },
            Write.ActionOneofCase.SetAcl => before! with { Acl = Lists.Text(write.SetAcl.Acl) },
            _ => throw new ArgumentException($"There is nothing in {write}.", nameof(write)),
        };

    private ImmutableSortedDictionary<string, string> Updated(Stored before, Party by, UpdateWrite update)
    {
        var values = Canonical(update.Json.ToStringUtf8());
        IEnumerable<string> names = update.UpdatePaths switch
        {
            { Count: 0 } => values.Keys,
            ["*"] => before.Members.Keys.Union(values.Keys).Where(name => Has(MayUpdate(by), name)),
            var paths => paths.Select(path => path[1..]),
        };
        return names.Aggregate(
            before.Members,
            (members, name) =>
                values.TryGetValue(name, out var value) ? members.SetItem(name, value) : members.Remove(name)
        );
    }

    private string MayUpdate(Party by) =>
        by.App is null ? "*" : Members(_places[^1].Grants[by.App].Access, Operation.Update);

    private static string Members(IEnumerable<GrantedAccess> entries, Operation operation)
    {
        var fields = entries
            .Where(entry => entry.Operations.Contains(operation))
            .SelectMany(entry => entry.Fields)
            .ToHashSet();
        return fields.Contains("*") ? "*" : string.Concat(fields.Order(StringComparer.Ordinal));
    }

    private static bool Has(string members, string name) =>
        members == "*" || $"{members}/".Contains($"/{name}/", StringComparison.Ordinal);

    private static ImmutableSortedDictionary<string, string> Canonical(string json)
    {
        using var body = JsonDocument.Parse(json.Length == 0 ? "{}" : json);
        return Stored.Nothing.AddRange(
            body.RootElement.EnumerateObject()
                .Select(member => KeyValuePair.Create(member.Name, CanonicalJson.Of(member.Value)))
        );
    }

    private sealed record Place(
        ImmutableDictionary<string, Stored> Documents,
        ImmutableDictionary<string, Grant> Grants,
        int Ticks,
        IReadOnlyList<(string Document, int Tick)> Touched
    );

    private sealed record Stored(ImmutableSortedDictionary<string, string> Members, string Acl, bool Exists)
    {
        public static readonly ImmutableSortedDictionary<string, string> Nothing = ImmutableSortedDictionary.Create<
            string,
            string
        >(StringComparer.Ordinal);

        public bool Equals(Stored? other) =>
            other is not null && Exists == other.Exists && Acl == other.Acl && Members.SequenceEqual(other.Members);

        public override int GetHashCode() => HashCode.Combine(Exists, Acl, Members.Count);
    }
}
