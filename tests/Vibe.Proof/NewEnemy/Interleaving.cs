using Vibe.Access.V1;
using Vibe.Testing;

namespace Vibe.Proof.NewEnemy;

/// <summary>What is done in small histories, each by a letter of its own.</summary>
internal enum Deed
{
    /// <summary>Alice's app gets the document.</summary>
    Get,

    /// <summary>Alice's app lists the collection.</summary>
    List,

    /// <summary>Alice's app pulls.</summary>
    Pull,

    /// <summary>Alice's app opens a stream and reads its first page.</summary>
    Stream,

    /// <summary>Bob's app pulls what Alice shared with him.</summary>
    BobsPull,

    /// <summary>Alice's app writes.</summary>
    AppWrites,

    /// <summary>Alice writes.</summary>
    Writes,

    /// <summary>Alice takes back what her app may do.</summary>
    Revokes,

    /// <summary>Alice takes back some of what her app may do.</summary>
    Narrows,

    /// <summary>Alice grants her app anew.</summary>
    GrantsAgain,

    /// <summary>Alice shuts Bob out of the document.</summary>
    Unshares,

    /// <summary>Bob takes back what his app may do.</summary>
    BobRevokes,

    /// <summary>The developer asks for less.</summary>
    AsksForLess,
}

/// <summary>Some deeds at once, and the places at which each of them waits for its turn.</summary>
internal sealed record Combination(IReadOnlyList<Deed> Deeds, IReadOnlySet<string> Places)
{
    private static readonly HashSet<string> Every =
    [
        "between permit and rows",
        "between rows and answer",
        "before the queue",
        "in the turn",
        "before COMMIT",
        "after COMMIT",
        "between encode and write",
    ];

    // What the others can tell apart: of a read its decision and its rows, of a write that it has or has not come about.
    private static readonly HashSet<string> Decisive =
    [
        "between permit and rows",
        "between encode and write",
        "before the queue",
        "before COMMIT",
    ];

    private static readonly HashSet<string> Few = ["between permit and rows", "before COMMIT"];

    private static readonly Deed[] Reads = [Deed.Get, Deed.List, Deed.Pull, Deed.Stream, Deed.BobsPull];

    private static readonly Deed[] Changes =
    [
        Deed.Writes,
        Deed.Revokes,
        Deed.Narrows,
        Deed.Unshares,
        Deed.BobRevokes,
        Deed.AsksForLess,
    ];

    /// <summary>Every two, the threes and the fours in which somebody can be told what he must not, or do it.</summary>
    public static IEnumerable<Combination> All =>
        [
            .. Reads.Append(Deed.AppWrites).SelectMany(_ => Changes, (read, change) => Of(Every, read, change)),
            .. from read in Reads from change in Changes.Skip(1) select Of(Decisive, read, change, Deed.Writes),
            Of(Decisive, Deed.AppWrites, Deed.Revokes, Deed.GrantsAgain),
            Of(Decisive, Deed.AppWrites, Deed.Narrows, Deed.Pull),
            Of(Decisive, Deed.AppWrites, Deed.Revokes, Deed.List),
            .. from change in Changes.Skip(1) select Of(Few, Deed.Pull, change, Deed.Writes, Deed.BobsPull),
            Of(Few, Deed.AppWrites, Deed.Revokes, Deed.GrantsAgain, Deed.Writes),
            Of(Few, Deed.AppWrites, Deed.Revokes, Deed.Writes, Deed.Get),
            Of(Few, Deed.Stream, Deed.Narrows, Deed.Writes, Deed.AppWrites),
            Of(Few, Deed.BobsPull, Deed.BobRevokes, Deed.Unshares, Deed.Writes),
        ];

    public override string ToString() => string.Join(' ', Deeds);

    private static Combination Of(IReadOnlySet<string> places, params Deed[] deeds) => new(deeds, places);
}

/// <summary>One order in which the steps of a combination follow each other, in a space of its own.</summary>
internal sealed class Interleaving
{
    private readonly Replicas _replicas;
    private readonly Record _record = new();
    private readonly Random _random = new(1);
    private readonly Seat _seat;
    private readonly Pass _owner;
    private readonly Pass _guest;
    private readonly Consent _pen;
    private readonly Consent _eye;

    private Interleaving(Replicas replicas, Person owner, Person guest)
    {
        _replicas = replicas;
        (_owner, _guest) = (replicas.FirstParty(owner), replicas.FirstParty(guest));
        _seat = new Seat(replicas, _record, owner.Id);
        _pen = new Consent(replicas, _record, _owner, new RegisteredApp($"pen-{Guid.NewGuid():n}", false));
        _eye = new Consent(replicas, _record, _guest, new RegisteredApp($"eye-{Guid.NewGuid():n}", true));
    }

    /// <summary>Runs one order, and gives what was chosen at each step among how many, and what broke.</summary>
    public static async Task<(IReadOnlyList<(int Choice, int Of)> Steps, string? Violation)> RunAsync(
        Replicas replicas,
        Engine engine,
        Combination combination,
        IReadOnlyList<int> choices
    )
    {
        var one = new Interleaving(
            replicas,
            await replicas.First.PersonAsync("alice"),
            await replicas.First.PersonAsync("bob")
        );
        await one.SetUpAsync();
        var steering = new Steering([.. combination.Deeds.Select(deed => one.Steer(deed, engine))], combination.Places);
        var steps = await steering.RunAsync(choices);
        var trial = await replicas.Audit.TrialAsync(
            one._record,
            one._owner.Asker,
            one._guest.Asker,
            [one._pen.App.Id, one._eye.App.Id]
        );
        var found = one._record.Failures.FirstOrDefault() ?? Judge.Find(trial);
        return (steps, found is null ? null : $"{found}\nin\n{one._record.Story}");
    }

    private async Task SetUpAsync()
    {
        await _pen.RegisterAsync(_owner, _random);
        await _eye.RegisterAsync(_owner, _random);
        var list = Seat.ListOf(_guest.Asker.Person, [Operation.Read]);
        await _seat.CreateAsync(_owner, _random, ["d"], ["a", "b"], list);
        await _pen.GrantAllAsync(_random);
        await _eye.GrantAllAsync(_random);
    }

    // SQLite has one lock for all; elsewhere each space has its own, and apps have none.
    private Steered Steer(Deed deed, Engine engine)
    {
        string? Lock(Pass whose) => engine == Engine.Sqlite ? "database" : whose.Asker.Home;
        return deed switch
        {
            Deed.Get => new(() => _seat.GetAsync(_pen.Now, _random, "d"), null),
            Deed.List => new(() => _seat.ListAsync(_pen.Now, _random), null),
            Deed.Pull => new(() => _seat.PullAsync(_pen.Now, _random, new Copy()), null),
            // It opens, reads, and hands over; then a signal may wake it whenever it likes.
            Deed.Stream => new(StreamAsync, null) { Places = 3 },
            Deed.BobsPull => new(() => _seat.PullAsync(_eye.Now, _random, new Copy()), null),
            Deed.AppWrites => new(() => _seat.UpdateAsync(_pen.Now, _random, "d", "b"), Lock(_owner)),
            Deed.Writes => new(() => _seat.UpdateAsync(_owner, _random, "d", "a"), Lock(_owner)),
            Deed.Revokes => new(() => _pen.RevokeAsync(_random), Lock(_owner)),
            Deed.Narrows => new(() => _pen.NarrowAsync(_random), Lock(_owner)),
            Deed.GrantsAgain => new(() => _pen.GrantAllAsync(_random), Lock(_owner)),
            Deed.Unshares => new(() => _seat.ShareAsync(_owner, _random, "d", _guest.Asker.Person, []), Lock(_owner)),
            Deed.BobRevokes => new(() => _eye.RevokeAsync(_random), Lock(_guest)),
            _ => new(AskForLessAsync, engine == Engine.Sqlite ? "database" : null, LocksAtOnce: true),
        };
    }

    private async Task AskForLessAsync()
    {
        await _pen.AskForLessAsync(_owner, _random);
        await _eye.AskForLessAsync(_owner, _random);
    }

    private async Task StreamAsync()
    {
        await using var stream = _seat.Watch(_pen.Now, _random, new Copy());
        if (!await stream.UntilAsync(held => held.Count > 0, TimeSpan.FromMinutes(1)))
            _record.Fail("A stream shows nothing and does not end.");
    }
}
