using CsCheck;

namespace Vibe.Server.Tests.Data.Feed;

/// <summary>
/// What happens in the reader's view and when the reader reads, said without a word about anything hidden.
/// </summary>
internal sealed record VisibleScript(Reader Reader, Step[] Steps)
{
    private static readonly Gen<Step> Any = Gen.Frequency<Step>(
        (
            10,
            Gen.Select(
                Gen.Int[0, 4],
                Gen.Int[0, 9],
                Gen.Dictionary(Gen.OneOf(Feed.Reader.AllMembers), Gen.Int[-3, 9])[1, 3],
                History.Lists,
                (id, choice, members, list) => (Step)new Wish(id, choice, members, list)
            )
        ),
        (6, History.Pulls.Select(pull => (Step)pull)),
        (1, Gen.Const((Step)new Restart()))
    );

    public static readonly Gen<VisibleScript> Random = Gen.Select(History.Readers, Any.Array[4, 50], Resolve);

    /// <summary>A script, and the chances of two worlds in which it comes true.</summary>
    public static readonly Gen<(VisibleScript Script, int Seed, int OtherSeed)> Pairs = Gen.Select(
        Random,
        Gen.Int,
        Gen.Int,
        (script, seed, otherSeed) => (script, seed, otherSeed)
    );

    public bool ComesInAt(int document, int fromStep) =>
        Steps.Skip(fromStep).Any(s => s is ComesIn comes && comes.Document == document);

    public override string ToString() => $"{Reader}\n  {string.Join("\n  ", Steps.Select(s => s.ToString()))}";

    private static VisibleScript Resolve(Reader reader, Step[] steps)
    {
        var view = new Dictionary<int, (Dictionary<string, int> Content, AccessList? List)>();
        var gone = new HashSet<int>();
        return new(reader, [.. steps.Select(s => s is Wish wish ? Resolve(wish) : s).OfType<Step>()]);

        Step? Resolve(Wish wish)
        {
            var id = wish.Document;
            var shown = reader.SeesList(wish.List) ? wish.List : default(AccessList?);
            var members = wish.Members.Where(m => reader.Sees(m.Key)).ToDictionary();
            if (gone.Contains(id))
            {
                return null;
            }

            if (!view.TryGetValue(id, out var present))
            {
                var list = reader.IsIn(wish.List) ? shown : null;
                if (reader is { Bound: false, MayShare: true })
                {
                    list = wish.List;
                }

                var content = members.Where(m => m.Value >= 0).ToDictionary();
                view[id] = (content, list);
                return new ComesIn(id, new Dictionary<string, int>(content), list);
            }

            switch (wish.Choice)
            {
                case 0:
                    view.Remove(id);
                    gone.Add(id);
                    return new Delete(id);
                case 1 or 2 or 3 when !reader.IsIn(wish.List):
                    view.Remove(id);
                    return new GoesOut(id);
                case 1 or 2 or 3:
                    view[id] = present with { List = shown };
                    return shown == present.List ? null : new ListSeen(id, shown);
                default:
                    var changes = members
                        .Where(m =>
                            m.Value >= 0
                                ? !present.Content.TryGetValue(m.Key, out var value) || value != m.Value
                                : present.Content.ContainsKey(m.Key)
                        )
                        .ToDictionary(m => m.Key, m => m.Value >= 0 ? m.Value : default(int?));
                    foreach (var (member, value) in changes)
                    {
                        if (value is { } set)
                        {
                            present.Content[member] = set;
                        }
                        else
                        {
                            present.Content.Remove(member);
                        }
                    }

                    return changes.Count == 0 ? null : new Write(id, changes);
            }
        }
    }

    /// <summary>Raw material: becomes whatever the document's state in the view allows.</summary>
    private sealed record Wish(int Document, int Choice, IReadOnlyDictionary<string, int> Members, AccessList List)
        : Step;
}

/// <summary>A document comes into the view, with its access list where the reader sees that.</summary>
internal sealed record ComesIn(int Document, IReadOnlyDictionary<string, int> Content, AccessList? List) : Step
{
    public override string ToString() => $"comes in {Document} {Text.Of(Content)} {List}";
}

/// <summary>The access list shows, changes before the reader's eyes, or hides again; the document stays.</summary>
internal sealed record ListSeen(int Document, AccessList? List) : Step;

/// <summary>The access list shuts the reader out.</summary>
internal sealed record GoesOut(int Document) : Step;
