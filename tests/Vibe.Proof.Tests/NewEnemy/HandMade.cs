using System.Collections.Immutable;
using Vibe.Access.V1;
using Vibe.Consent.V1;
using Vibe.Proof.NewEnemy;

namespace Vibe.Proof.Tests.NewEnemy;

/// <summary>
/// A history made by hand: Alice's space with one document and her app, Bob with his app, and calls at chosen moments.
/// Changes are given in the order that the database took; moments are in seconds.
/// </summary>
internal sealed class HandMade
{
    private const string Digest = "digest";
    private const long Second = 1_000_000;

    private readonly List<Entry<SpaceState>> _space = [];
    private readonly List<Entry<SpaceState>> _home = [];
    private readonly List<Call> _calls = [];
    private readonly List<PolicyCall> _policy = [];

    public static readonly Asker Alice = new("did:vibe:alice1", "vibe", null, 900 * Second);
    public static readonly Asker Bob = new("did:vibe:bob123", "vibe", null, 900 * Second);
    public static readonly Asker Pen = new("did:vibe:alice1", "pen", "grant1", 900 * Second);
    public static readonly Asker Eye = new("did:vibe:bob123", "eye", "grant2", 900 * Second);

    public HandMade()
    {
        Written(0, 1, "w1", ("a", "w1"), ("b", "w1"));
        Listed(1, 2, Operation.Read);
        Granted(2, 3, "/a");
        BobGranted(2, 3);
    }

    /// <summary>What the judge finds.</summary>
    public string? Found =>
        Judge.Find(
            new Trial
            {
                Owner = Alice.Person,
                Spaces = new Dictionary<string, Line<SpaceState>>
                {
                    [Alice.Home] = new("space", SpaceState.Empty, _space),
                    [Bob.Home] = new("home", SpaceState.Empty, _home),
                },
                Apps = new[] { "pen", "eye" }.ToDictionary(
                    app => app,
                    app => new Line<Manifest?>(app, null, [new Entry<Manifest?>($"m {app}", Everything)])
                ),
                Manifests = new Dictionary<string, Manifest> { [Digest] = Everything },
                Calls = _calls,
                PolicyCalls = [.. _policy, new("m pen", 0, 1, "made"), new("m eye", 0, 1, "made")],
            }
        );

    /// <summary>Alice sets members, and is answered in time unless it is not known.</summary>
    public HandMade Written(double from, double? to, string mark, params (string Name, string Value)[] members) =>
        Written(Alice, from, to, mark, members);

    public HandMade Written(
        Asker asker,
        double from,
        double? to,
        string mark,
        params (string Name, string Value)[] members
    )
    {
        var before = Space.Documents.GetValueOrDefault("d");
        var after = members.Aggregate(
            before?.Members ?? ImmutableSortedDictionary<string, string>.Empty,
            (all, member) => all.SetItem(member.Name, member.Value)
        );
        _space.Add(new(mark, With(new DocumentState(after, before?.List ?? new Acl(), false))));
        var method = before is null ? Method.Create : Method.Update;
        var told = to is null ? Told.Nothing : Told.LetIn;
        _calls.Add(
            new Call(
                new Asked(asker, method, "d", [.. members.Select(member => member.Name)]),
                At(from),
                to is null ? Call.Never : At(to.Value),
                told
            )
            {
                Mark = mark,
            }
        );
        return this;
    }

    /// <summary>A change stands in the order, whoever asked for it.</summary>
    public HandMade TookEffect(string mark)
    {
        var document = Space.Documents["d"];
        _space.Add(new(mark, With(document with { Members = document.Members.SetItem("a", mark) })));
        return this;
    }

    /// <summary>Alice lets Bob do something with the document.</summary>
    public HandMade Listed(double from, double to, params Operation[] operations)
    {
        var mark = $"mark-{_space.Count}";
        _space.Add(new(mark, With(Space.Documents["d"] with { List = Seat.ListOf(Bob.Person, operations) })));
        _calls.Add(new Call(new Asked(Alice, Method.Share, "d"), At(from), At(to), Told.LetIn) { Mark = mark });
        return this;
    }

    /// <summary>Alice lets her app read a member and change all.</summary>
    public HandMade Granted(double from, double to, string readable, double ends = 800) =>
        Policy(from, to, $"grant {_space.Count}", With(GrantOf("pen", ends, readable)));

    public HandMade Revoked(double from, double to) =>
        Policy(from, to, "revoke grant1", With(Space.Grants["grant1"] with { IsRevoked = true }));

    public HandMade BobGranted(double from, double to) =>
        Home(from, to, "grant of bob", SpaceState.Empty with { Grants = Grants("grant2", GrantOf("eye", 800, "*")) });

    public HandMade BobRevoked(double from, double to) =>
        Home(
            from,
            to,
            "revoke grant2",
            SpaceState.Empty with
            {
                Grants = Grants("grant2", GrantOf("eye", 800, "*") with { IsRevoked = true }),
            }
        );

    /// <summary>Somebody lists the collection and is told something.</summary>
    public HandMade Read(Asker asker, double from, double to, string? json, string? refusal = null) =>
        Add(
            new Call(
                new Asked(asker, Method.List),
                At(from),
                At(to),
                refusal is not null ? Told.Refused(refusal)
                    : json is null ? Told.LetIn
                    : Told.One("d", json)
            )
        );

    /// <summary>A frame of a stream; the one before it was handed over at a moment.</summary>
    public HandMade Frame(
        Asker asker,
        int number,
        double handedOver,
        double at,
        string? json,
        string? refusal = null
    ) =>
        Add(
            new Call(
                new Asked(asker, Method.Follow),
                At(handedOver),
                At(at),
                refusal is null ? Told.One("d", json!) : Told.Refused(refusal)
            )
            {
                Frame = (1, number),
            }
        );

    public HandMade Add(Call call)
    {
        _calls.Add(call);
        return this;
    }

    public static long At(double second) => (long)(second * Second);

    private SpaceState Space => _space.Count == 0 ? SpaceState.Empty : _space[^1].State;

    private static Manifest Everything
    {
        get
        {
            var manifest = new Manifest();
            manifest.Access.Add(
                new RequestedAccess
                {
                    Collection = "notes",
                    IncludeShared = true,
                    Operations = { Operation.Read, Operation.Update },
                    Fields = { "*" },
                }
            );
            return manifest;
        }
    }

    private HandMade Policy(double from, double to, string mark, SpaceState after)
    {
        _space.Add(new(mark, after));
        _policy.Add(new PolicyCall(mark, At(from), At(to), mark));
        return this;
    }

    private HandMade Home(double from, double to, string mark, SpaceState after)
    {
        _home.Add(new(mark, after));
        _policy.Add(new PolicyCall(mark, At(from), At(to), mark));
        return this;
    }

    private SpaceState With(DocumentState document) =>
        Space with
        {
            Documents = Space.Documents.SetItem("d", document),
        };

    private SpaceState With(GrantTerms grant) => Space with { Grants = Space.Grants.SetItem("grant1", grant) };

    private static ImmutableDictionary<string, GrantTerms> Grants(string id, GrantTerms grant) =>
        ImmutableDictionary<string, GrantTerms>.Empty.SetItem(id, grant);

    private static GrantTerms GrantOf(string app, double ends, string readable)
    {
        var terms = new Grant();
        terms.Access.Add(Entry(Operation.Read, readable));
        terms.Access.Add(Entry(Operation.Update, "*"));
        return new GrantTerms(app, terms, Digest, At(ends), false);
    }

    private static GrantedAccess Entry(Operation operation, string fields) =>
        new()
        {
            Collection = "notes",
            Mode = AccessMode.Always,
            IncludeShared = true,
            Operations = { operation },
            Fields = { fields },
        };
}
