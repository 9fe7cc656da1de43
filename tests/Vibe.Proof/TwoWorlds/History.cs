using System.Globalization;
using Vibe.Access.V1;

namespace Vibe.Proof.TwoWorlds;

/// <summary>
/// One step of a pair of histories: something that both worlds see, something that at most one of them has, or a look by
/// the watcher.
/// </summary>
/// <param name="Story">What happens.</param>
/// <param name="Pause">How long nothing happens before.</param>
internal sealed record Step(string Story, TimeSpan Pause)
{
    /// <summary>What it is in the first world.</summary>
    public Func<Hands, Task>? Left { get; init; }

    /// <summary>What it is in its twin.</summary>
    public Func<Hands, Task>? Right { get; init; }

    public bool IsHidden { get; init; }

    /// <summary>The collections that both worlds see move.</summary>
    public string[] Moves { get; init; } = [];

    /// <summary>What the watcher does.</summary>
    public Func<Watcher, Task>? Look { get; init; }
}

/// <summary>How the watcher speaks to the server.</summary>
internal enum Protocol
{
    Grpc,
    GrpcWeb,
    Rest,
}

/// <summary>
/// Makes a history and its twin. They differ only where the watcher may not see: in members outside its mask, in documents
/// and collections that it cannot read, in lists that it is not shown, in the grants, manifests, reads, refusals, batches
/// and idempotency keys of others.
/// </summary>
internal sealed partial class History
{
    private const int Rounds = 4;

    private static readonly string[] All = ["/a", "/b"];

    private readonly Random _random;
    private readonly List<Known> _documents = [];
    private int _values;
    private int _made;

    public History(int seed)
    {
        _random = new Random(seed);
        Sight = Pick(
            Sight.MaskedApp,
            Sight.MaskedApp,
            Sight.MaskedApp,
            Sight.SharingApp,
            Sight.BlindApp,
            Sight.Guest,
            Sight.Guest,
            Sight.Guest,
            Sight.GuestApp,
            Sight.GuestApp
        );
        Members = Pick(All, ["/a"]);
        Protocol = Pick(Protocol.Grpc, Protocol.Grpc, Protocol.Grpc, Protocol.Grpc, Protocol.GrpcWeb, Protocol.Rest);
        IsApart = _random.Next(3) == 0;
        IsHeavy = IsMasked && _random.Next(20) == 0;
        Generate();
    }

    public Sight Sight { get; }

    /// <summary>The members that a masked watcher reads.</summary>
    public string[] Members { get; }

    public Protocol Protocol { get; }

    /// <summary>Whether hidden work goes through another server than the watcher's, where there is one.</summary>
    public bool IsApart { get; }

    /// <summary>Whether documents grow out of sight to half of what a whole one may weigh.</summary>
    public bool IsHeavy { get; }

    public List<Step> Steps { get; } = [];

    private bool IsGuest => Sight is Sight.Guest or Sight.GuestApp;
    private bool IsMasked => Sight is not Sight.Guest;
    private bool SeesListsEverywhere => Sight is Sight.SharingApp;

    private void Generate()
    {
        if (Coin())
            Begin();
        Found();
        if (Steps.Count == 1)
            Begin();
        for (var round = 0; round < Rounds; round++)
        {
            for (var i = _random.Next(3); i > 0; i--)
                Share();
            for (var i = _random.Next(1, 4); i > 0; i--)
                HideSomething();
            Look();
        }
        if (IsHeavy)
            GrowOutOfSight();
        Create();
        var end = _random.Next();
        Watch("the watcher reads everything once more", watcher => watcher.EndAsync(end, IsHeavy));
    }

    private void Begin() => Watch("the watcher subscribes", watcher => watcher.BeginAsync());

    private void Look()
    {
        var seed = _random.Next();
        Watch("the watcher looks", watcher => watcher.LookAsync(seed));
    }

    private void Watch(string story, Func<Watcher, Task> look) => Steps.Add(new Step(story, Pause()) { Look = look });

    private void Both(string story, Known known, Func<Hands, Task> deed) => Both(story, known, deed, deed);

    private void Both(string story, Known known, Func<Hands, Task> left, Func<Hands, Task> right) =>
        Steps.Add(
            new Step(story, Pause())
            {
                Left = left,
                Right = right,
                Moves = [known.Collection],
            }
        );

    // The documents that are there from the beginning, most of them made at once.
    private void Found()
    {
        var made = Enumerable.Range(0, _random.Next(3, 6)).Select(_ => Birth(Cast.Movies)).ToList();
        if (!IsGuest && Sight != Sight.BlindApp)
            made.Add(Birth(Cast.Songs));
        Func<Hands, Task> All(Func<(Known Known, Content Left, Content Right), Content> side) =>
            hands =>
                hands.BatchAsync([
                    .. made.Select(each =>
                        hands.Creation(
                            each.Known.Path,
                            side(each).Json,
                            hands.List(side(each).Carol, each.Known.GuestMayAtBirth)
                        )
                    ),
                ]);
        Both(
            $"{string.Join(", ", made.Select(each => each.Known.Path))} are created",
            made[0].Known,
            All(each => each.Left),
            All(each => each.Right)
        );
        Steps[^1] = Steps[^1] with { Moves = [.. made.Select(each => each.Known.Collection).Distinct()] };
    }

    // What both worlds see. Contents that the watcher does not read may differ even then.
    private void Share()
    {
        var known = Pick([.. _documents]);
        switch (_random.Next(8))
        {
            case 0:
                Create();
                break;
            case 1 when IsGuest && known.IsAlike:
                if (known.GuestMay.Length > 0)
                    ShutOut(known);
                else
                    LetIn(known);
                break;
            case 2 when IsGuest:
                LetIn(known);
                break;
            case 3 when known.IsAlike && _random.Next(3) == 0:
                Both($"{known.Path} is deleted", known, hands => hands.DeleteAsync(known.Path));
                break;
            case 4 or 5 when known.IsAlike && Sight != Sight.BlindApp:
                var removed = Member();
                Both(
                    $"/{removed} of {known.Path} is removed",
                    known,
                    hands => hands.SetAsync(known.Path, "{}", "/" + removed)
                );
                break;
            case 6 when Sight is Sight.MaskedApp or Sight.SharingApp && Coin():
                var members = Coin() ? All : ["/a"];
                Both(
                    $"the watcher may read {string.Join(' ', members)}",
                    known,
                    hands => hands.AllowWatcherAsync(Cast.MaskedAccess(Sight, members))
                );
                Steps[^1] = Steps[^1] with { Moves = [Cast.Movies, Cast.Songs] };
                break;
            default:
                if (known.IsAlike)
                    Set(known);
                break;
        }
    }

    private void Set(Known known)
    {
        var (member, value) = (Member(), Value());
        var (left, right) = IsMasked ? (Hidden(), Hidden()) : ("", "");
        // Who reads nothing does not see values either.
        var other = Sight == Sight.BlindApp ? Value() : value;
        Both(
            $"/{member} of {known.Path} is set",
            known,
            hands => hands.SetAsync(known.Path, $$"""{"{{member}}":{{value}}{{left}}}"""),
            hands => hands.SetAsync(known.Path, $$"""{"{{member}}":{{other}}{{right}}}""")
        );
    }

    private void Create()
    {
        var (known, left, right) = Birth(Cast.Movies);
        var may = known.GuestMay;
        Both(
            $"{known.Path} is created, guest may {string.Join(',', may)}",
            known,
            hands => hands.CreateAsync(known.Path, left.Json, hands.List(left.Carol, may)),
            hands => hands.CreateAsync(known.Path, right.Json, hands.List(right.Carol, may))
        );
    }

    private (Known Known, Content Left, Content Right) Birth(string collection)
    {
        var known = new Known(collection, $"{collection}/{(collection == Cast.Movies ? 'd' : 's')}{_made++}");
        _documents.Add(known);
        if (IsGuest && _random.Next(4) > 0)
            known.GuestMay = GuestRights();
        known.GuestMayAtBirth = known.GuestMay;
        var (a, b) = (Value(), Value());
        var (carolLeft, carolRight) = (Coin(), Coin());
        if (SeesLists(known))
            carolRight = carolLeft;
        Content With(bool carol) => new($$"""{"a":{{a}},"b":{{b}}{{(IsMasked ? Hidden() : "")}}}""", carol);
        return (known, With(carolLeft), With(carolRight));
    }

    private void ShutOut(Known known)
    {
        known.GuestMay = [];
        var denied = Coin();
        Both(
            $"the guest is shut out of {known.Path}",
            known,
            hands => hands.ListAsync(known.Path, hands.List(false, denied ? [Operation.Read] : [], denied))
        );
    }

    // What happened out of sight in one world only is undone in both before the guest sees the document again.
    private void LetIn(Known known)
    {
        if (known.IsGone)
            return;
        if (!known.IsAlike)
        {
            var json = $$"""{"a":{{Value()}},"b":{{Value()}}}""";
            Both($"{known.Path} is made alike", known, hands => hands.PutAsync(known.Path, json));
            known.IsAlike = true;
        }
        var may = known.GuestMay = GuestRights();
        Both(
            $"the guest may {string.Join(',', may)} on {known.Path}",
            known,
            hands => hands.ListAsync(known.Path, hands.List(false, may))
        );
    }

    private bool SeesLists(Known known) => SeesListsEverywhere || known.GuestMay.Contains(Operation.Share);

    private Operation[] GuestRights() =>
        Sight == Sight.GuestApp
            ? Pick<Operation[]>([Operation.Read], [Operation.Read, Operation.Update])
            : Pick<Operation[]>(
                [Operation.Read],
                [Operation.Read, Operation.Update],
                [Operation.Read, Operation.Update, Operation.Delete],
                [Operation.Read, Operation.Share]
            );

    private string Hidden() => _random.Next(3) == 0 ? "" : $",\"c\":{Text(_random.Next(300))}";

    private string Member() => Pick("a", "b", "a", "b", IsMasked ? "a" : "c");

    private string Value() =>
        _random.Next(4) switch
        {
            0 => Text(_random.Next(60)),
            1 => $$"""{"x":{{_values++}}}""",
            _ => (_values++).ToString(CultureInfo.InvariantCulture),
        };

    // Mostly moments; now and then so long that streams speak meanwhile.
    private TimeSpan Pause() =>
        _random.Next(5) == 0
            ? TimeSpan.FromMilliseconds(_random.Next(1000, 7000))
            : TimeSpan.FromMicroseconds(_random.Next(1, 400_000));

    private static string Text(int length) => $"\"{new string('x', length)}\"";

    private bool Coin() => _random.Next(2) == 0;

    private T Pick<T>(params T[] choices) => choices[_random.Next(choices.Length)];

    private sealed record Content(string Json, bool Carol);

    /// <summary>A document that both worlds have, or had, or will have.</summary>
    private sealed class Known(string collection, string path)
    {
        public string Collection { get; } = collection;
        public string Path { get; } = path;

        /// <summary>What its list allows the guest.</summary>
        public Operation[] GuestMay { get; set; } = [];

        public Operation[] GuestMayAtBirth { get; set; } = [];

        /// <summary>Whether all that any watcher could be shown of it is the same in both worlds.</summary>
        public bool IsAlike { get; set; } = true;

        /// <summary>Whether it is deleted in one world only, so that nobody may be let in any more.</summary>
        public bool IsGone { get; set; }
    }
}
