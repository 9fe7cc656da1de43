using Vibe.Access.V1;
using Vibe.Testing;

namespace Vibe.Proof.NewEnemy;

/// <summary>
/// One history: an owner and her app, another person and his, all at once, on whichever server, while what each may do is
/// changed again and again. What each of them does is drawn from the seed; how it falls together is not.
/// </summary>
internal sealed class History
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly Replicas _replicas;
    private readonly int _seed;
    private readonly Record _record = new();
    private readonly Seat _seat;
    private readonly Pass _owner;
    private readonly Pass _guest;
    private readonly Consent _pen;
    private readonly Consent _eye;
    private readonly string[] _documents = ["d0", "d1", "d2"];
    private readonly List<string> _created = ["d0", "d1", "d2"];
    private bool _isDeleted;

    private History(Replicas replicas, int seed, Person owner, Person guest)
    {
        (_replicas, _seed) = (replicas, seed);
        _owner = replicas.FirstParty(owner);
        _guest = replicas.FirstParty(guest);
        _seat = new Seat(replicas, _record, owner.Id);
        _pen = new Consent(replicas, _record, _owner, new RegisteredApp($"pen-{Guid.NewGuid():n}", false));
        _eye = new Consent(replicas, _record, _guest, new RegisteredApp($"eye-{Guid.NewGuid():n}", true));
    }

    /// <summary>What went wrong, with the story that led to it, or nothing.</summary>
    public string? Violation { get; private set; }

    /// <summary>How often it did what.</summary>
    public Dictionary<string, long> Coverage { get; } = [];

    public static async Task<History> RunAsync(Replicas replicas, int seed)
    {
        var history = new History(
            replicas,
            seed,
            await replicas.First.PersonAsync("alice"),
            await replicas.First.PersonAsync("bob")
        );
        await history.RunAsync();
        return history;
    }

    private async Task RunAsync()
    {
        await SetUpAsync();
        var streams = new List<Watching>();
        try
        {
            using var over = new CancellationTokenSource();
            var watching = new[]
            {
                KeepWatchingAsync(1, streams, _pen.ForStream, over.Token),
                KeepWatchingAsync(2, streams, _eye.ForStream, over.Token),
                KeepWatchingAsync(3, streams, _ => _guest, over.Token),
            };
            await Task.WhenAll(OwnerAsync(4), WriterAsync(5), PenAsync(6), GuestAsync(7), EyeAsync(8));
            await over.CancelAsync();
            await Task.WhenAll(watching);
            await EndAsync(streams);
        }
        finally
        {
            foreach (var stream in streams)
                await stream.DisposeAsync();
        }
    }

    private async Task SetUpAsync()
    {
        var random = Lane(0);
        await _pen.RegisterAsync(_owner, random);
        await _eye.RegisterAsync(_owner, random);
        await _seat.CreateAsync(
            _owner,
            random,
            _documents,
            ["a", "b", "c"],
            Seat.ListOf(_guest.Asker.Person, [Operation.Read, Operation.Update])
        );
        await _pen.BeginAsync(random);
        await _eye.BeginAsync(random);
    }

    // What is written right after something was taken back is what whoever lost it must never see.
    private async Task OwnerAsync(int lane)
    {
        var random = Lane(lane);
        for (var step = 0; step < 6; step++)
        {
            switch (random.Next(12))
            {
                case 0 or 1 or 2:
                    await _pen.RevokeAsync(random);
                    break;
                case 3 or 4:
                    await _pen.ChangeAsync(random);
                    break;
                case 5:
                    await _pen.ChangeAsync(random, TimeSpan.FromMilliseconds(random.Next(20, 200)));
                    break;
                case 6:
                    await (random.Next(2) == 0 ? _pen : _eye).AskForAsync(_owner, random);
                    break;
                case 7 or 8 or 9:
                    await ShareAsync(random);
                    break;
                case 10:
                    await _pen.GrantAsync(random, TimeSpan.FromMilliseconds(random.Next(30, 200)));
                    break;
                default:
                    await _pen.GrantAsync(random);
                    break;
            }
            if (random.Next(4) > 0)
                await _seat.UpdateAsync(_owner, random, Document(random), Members(random));
            if (random.Next(3) == 0)
                await _pen.GrantAsync(random);
        }
    }

    private async Task ShareAsync(Random random) =>
        await _seat.ShareAsync(
            _owner,
            random,
            Document(random),
            _guest.Asker.Person,
            random.Next(4) switch
            {
                0 or 1 => [],
                2 => [Operation.Read],
                _ => [Operation.Read, Operation.Update],
            }
        );

    private async Task WriterAsync(int lane)
    {
        var random = Lane(lane);
        for (var step = 0; step < 5; step++)
        {
            switch (random.Next(8))
            {
                case 0 when !_isDeleted:
                    _isDeleted = true;
                    await _seat.DeleteAsync(_owner, random, "d2");
                    break;
                case 1:
                    await CreateAsync(_owner, random, random.Next(2) == 0 ? 1 : 2);
                    break;
                case 2:
                    await _seat.ListAsync(_owner, random);
                    break;
                default:
                    await _seat.UpdateAsync(_owner, random, Document(random), Members(random));
                    break;
            }
        }
    }

    private async Task PenAsync(int lane)
    {
        var random = Lane(lane);
        var copy = new Copy();
        for (var step = 0; step < 8; step++)
        {
            if (random.Next(8) == 0)
                await CreateAsync(_pen.Any(random), random, 1);
            else if (random.Next(5) == 0)
                await BurstAsync(_pen.Any(random), random);
            else
                await CallAsync(_pen.Any(random), random, copy);
        }
    }

    private async Task EyeAsync(int lane)
    {
        var random = Lane(lane);
        var copy = new Copy();
        for (var step = 0; step < 7; step++)
            await CallAsync(_eye.Any(random), random, copy);
    }

    private async Task GuestAsync(int lane)
    {
        var random = Lane(lane);
        var copy = new Copy();
        for (var step = 0; step < 4; step++)
        {
            switch (random.Next(6))
            {
                case 0 or 1:
                    await _eye.RevokeAsync(random);
                    break;
                case 2:
                    await _eye.ChangeAsync(random);
                    break;
                case 3:
                    await _eye.GrantAsync(random, TimeSpan.FromMilliseconds(random.Next(30, 200)));
                    break;
                default:
                    await CallAsync(_guest, random, copy);
                    break;
            }
            if (random.Next(2) == 0)
                await _eye.GrantAsync(random);
        }
    }

    // Writes that come at once share a group.
    private Task BurstAsync(Pass pass, Random random) =>
        Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(_ => _seat.UpdateAsync(pass, random, Document(random), Members(random)))
                .ToList()
        );

    private async Task CallAsync(Pass pass, Random random, Copy copy)
    {
        switch (random.Next(8))
        {
            case 0 or 1:
                await _seat.GetAsync(pass, random, Document(random));
                break;
            case 2:
                await _seat.ListAsync(pass, random);
                break;
            case 3 or 4:
                await _seat.PullAsync(pass, random, copy);
                break;
            case 5 when !_isDeleted && random.Next(4) == 0:
                _isDeleted = true;
                await _seat.DeleteAsync(pass, random, "d2");
                break;
            default:
                await _seat.UpdateAsync(pass, random, Document(random), Members(random));
                break;
        }
    }

    private async Task CreateAsync(Pass pass, Random random, int count)
    {
        var ids = Enumerable.Range(0, count).Select(_ => $"n{_record.NextNumber()}").ToArray();
        if (!await _seat.CreateAsync(pass, random, ids, Members(random)))
            return;
        lock (_created)
            _created.AddRange(ids);
    }

    private async Task KeepWatchingAsync(
        int lane,
        List<Watching> streams,
        Func<Random, Pass> pass,
        CancellationToken over
    )
    {
        var random = Lane(lane);
        var copies = new Dictionary<string, Copy>();
        for (var opened = 0; opened < 4 && !over.IsCancellationRequested; opened++)
        {
            var by = pass(random);
            if (!copies.TryGetValue(by.Asker.Client, out var copy))
                copies[by.Asker.Client] = copy = new Copy();
            var stream = _seat.Watch(by, random, copy);
            lock (streams)
                streams.Add(stream);
            await stream.EndedAsync(over);
        }
    }

    /// <summary>
    /// When all is quiet, every stream has ended or shows what there is, everybody asks once more, and then it is judged.
    /// </summary>
    private async Task EndAsync(List<Watching> streams)
    {
        await SettleAsync(streams);
        await BeQuietAsync();
        var trial = await SettleAsync(streams);
        var random = Lane(9);
        foreach (var pass in new[] { _owner, _guest, _pen.Now, _eye.Now, _pen.Any(random), _eye.Any(random) })
            await _seat.ListAsync(pass, random);
        trial = trial with { Calls = _record.Calls, PolicyCalls = _record.PolicyCalls };
        var found = _record.Failures.FirstOrDefault() ?? Judge.Find(trial);
        Violation = found is null ? null : $"VIBE_SEED={_seed} VIBE_HISTORIES=1\n{found}\nin\n{_record.Story}";
        Count(trial, streams);
    }

    // Where nothing is written, only what is allowed tells one moment from another.
    private async Task BeQuietAsync()
    {
        var random = Lane(10);
        var copy = new Copy();
        for (var pull = 0; pull < 3; pull++)
            await _seat.PullAsync(_eye.Now, random, copy);
        await (random.Next(2) == 0 ? _eye.RevokeAsync(random) : _eye.ChangeAsync(random));
        await _seat.PullAsync(_eye.Now, random, copy);
        if (random.Next(2) == 0)
            await _pen.RevokeAsync(random);
    }

    private async Task<Trial> SettleAsync(List<Watching> streams)
    {
        var trial = await TrialAsync();
        foreach (var stream in streams)
        {
            var must = Final(trial, stream.Asker);
            if (!await stream.UntilAsync(must is null ? null : held => Told.Shown(held).IsSameAs(must), Patience))
                _record.Fail(
                    $"A stream of {stream.Asker.Client} is silent: it must {(must is null ? "have ended" : $"show {must}")} and shows {Told.Shown(stream.Documents)}"
                );
        }
        return trial;
    }

    // What a stream must show in the end; nothing where it must have ended.
    private Told? Final(Trial trial, Asker asker)
    {
        var home = trial.Spaces[asker.Home];
        var space = trial.Spaces[_owner.Asker.Home];
        var app = trial.Apps.GetValueOrDefault(asker.Client);
        var world = new World(_owner.Asker.Person, space.At(space.Last), home.At(home.Last), app?.At(app.Last))
        {
            Manifests = trial.Manifests,
        };
        var soon = Moments.Now + 5_000_000;
        if (asker.TokenEnds < soon)
            return null;
        var must = Evaluation.Decide(new Asked(asker, Method.Follow), world, Evaluation.ExpiryOf(asker, world) < soon);
        return must.Refusal is null ? must : null;
    }

    private Task<Trial> TrialAsync() =>
        _replicas.Audit.TrialAsync(_record, _owner.Asker, _guest.Asker, [_pen.App.Id, _eye.App.Id]);

    private void Count(Trial trial, List<Watching> streams)
    {
        void Add(string what, long count) => Coverage[what] = Coverage.GetValueOrDefault(what) + count;
        Add("calls", trial.Calls.Count(call => call.Frame is null));
        Add("calls refused", trial.Calls.Count(call => call.Frame is null && call.Told.Refusal is not null));
        Add("calls without an answer", trial.Calls.Count(call => call.Told == Told.Nothing));
        Add("frames", trial.Calls.Count(call => call.Frame is not null));
        Add("streams", streams.Count);
        Add("policy changes", trial.PolicyCalls.Count(call => call.End != Call.Never));
        Add("changes in the order", trial.Spaces.Values.Sum(space => space.Last));
        foreach (var call in trial.Calls.Where(call => call.Told.Refusal is not null))
            Add($"{(call.Frame is null ? "calls" : "streams")} refused as {call.Told.Refusal}", 1);
        Add(
            "reads overlapped by a policy change",
            trial.Calls.Count(call =>
                call.Frame is null
                && !call.Asked.IsWrite
                && trial.PolicyCalls.Any(change => change.Begin < call.End && change.End > call.Begin)
            )
        );
    }

    private Random Lane(int lane) => new(unchecked((_seed * 397) + lane));

    private string Document(Random random)
    {
        lock (_created)
            return random.Next(3) == 0 ? _created[random.Next(_created.Count)] : _documents[random.Next(2)];
    }

    private static string[] Members(Random random) =>
        random.Next(6) switch
        {
            0 => ["c"],
            1 => ["b"],
            2 => ["a", "b"],
            _ => ["a"],
        };
}
