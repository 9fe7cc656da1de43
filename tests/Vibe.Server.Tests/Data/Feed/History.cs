using CsCheck;

namespace Vibe.Server.Tests.Data.Feed;

/// <summary>One reader, and what everybody does in turn.</summary>
internal sealed record History(Reader Reader, Step[] Steps)
{
    public static readonly Gen<Reader> Readers = Gen.Select(
        Gen.Int[0, 15],
        Gen.Bool,
        Gen.Bool,
        (mask, bound, share) => new Reader(mask, bound, share)
    );

    public static readonly Gen<AccessList> Lists = Gen.Select(
        Gen.Bool,
        Gen.Bool,
        Gen.Int[0, 2],
        (reads, shares, others) => new AccessList(reads, shares, others)
    );

    public static readonly Gen<Pull> Pulls = Gen.Select(
        Gen.Int[1, 4],
        Gen.Int[1, 60],
        Gen.Frequency((4, Gen.Const(false)), (1, Gen.Const(true))),
        (changes, bytes, lost) => new Pull(changes, bytes, lost)
    );

    private static readonly Gen<int> Ids = Gen.Int[0, 4];

    private static readonly Gen<string> Members = Gen.OneOf(Feed.Reader.AllMembers);

    private static readonly Gen<int?> Values = Gen.Frequency(
        (1, Gen.Const(default(int?))),
        (2, Gen.Int[0, 9].Select(v => (int?)v))
    );

    private static readonly Gen<Step> Any = Gen.Frequency<Step>(
        (
            3,
            Gen.Select(
                Ids,
                Gen.Dictionary(Members, Gen.Int[0, 9])[0, 4],
                Lists,
                (id, content, list) => (Step)new Create(id, content, list)
            )
        ),
        (6, Gen.Select(Ids, Gen.Dictionary(Members, Values)[1, 2], (id, changes) => (Step)new Write(id, changes))),
        (4, Gen.Select(Ids, Lists, (id, list) => (Step)new Replace(id, list))),
        (1, Ids.Select(id => (Step)new Delete(id))),
        (5, Pulls.Select(pull => (Step)pull)),
        (1, Gen.Const((Step)new Restart()))
    );

    public static readonly Gen<History> Random = Gen.Select(
        Readers,
        Any.Array[0, 60],
        (reader, steps) => new History(reader, steps)
    );

    public override string ToString() => $"{Reader}\n  {string.Join("\n  ", Steps.Select(s => s.ToString()))}";
}
