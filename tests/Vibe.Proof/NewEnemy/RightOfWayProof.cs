using System.Collections.Concurrent;
using Vibe.Proof.Runs;
using Vibe.Testing;

namespace Vibe.Proof.NewEnemy;

/// <summary>
/// What takes a right back is carried out before everything that waited when it came: while one write has its turn, an app
/// asks for many more, and then it is revoked. Needs the build in which a write can be held in its turn.
/// </summary>
internal sealed class RightOfWayProof : IProof
{
    private const string Held = "held";
    private const string Queued = "queued";

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _turns = new();
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _queued = new();
    private readonly Replicas _replicas;
    private readonly IDisposable _steered;

    private RightOfWayProof(Replicas replicas)
    {
        _replicas = replicas;
        _steered = Disturbance.Begin(WaitAsync);
    }

    /// <summary>Starts one server: each process has queues of its own.</summary>
    /// <exception cref="InvalidOperationException">The build has no places to wait at.</exception>
    public static async Task<RightOfWayProof> StartAsync(Order order) =>
        Disturbance.Exists
            ? new RightOfWayProof(await Replicas.StartAsync(order.Engine, alone: true))
            : throw new InvalidOperationException("This build has no places to wait at: use tools/proof.");

    public async Task<Outcome> RunAsync(int seed)
    {
        var random = new Random(seed);
        var record = new Record();
        var owner = _replicas.FirstParty(await _replicas.First.PersonAsync("alice"));
        var seat = new Seat(_replicas, record, owner.Asker.Home);
        var pen = new Consent(_replicas, record, owner, new RegisteredApp($"pen-{Guid.NewGuid():n}", false));
        await pen.RegisterAsync(owner, random);
        await pen.GrantAllAsync(random);
        await seat.CreateAsync(owner, random, ["d"], ["a"]);

        var space = owner.Asker.Home;
        var turn = _turns[space] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var queued = _queued[space] = new SemaphoreSlim(0);
        // Two waits for the first: it passes the queue, and has its turn.
        var held = As($"{Held} {space}", () => seat.UpdateAsync(pen.Now, random, "d", "a"));
        await queued.WaitAsync();
        await queued.WaitAsync();
        var writes = new List<Task<bool>>();
        for (var n = random.Next(4, 24); n > 0; n--)
        {
            writes.Add(As($"{Queued} {space}", () => seat.UpdateAsync(pen.Now, random, "d", "a")));
            await queued.WaitAsync();
        }
        var revocation = As(
            $"{Queued} {space}",
            async () =>
            {
                await pen.RevokeAsync(random);
                return true;
            }
        );
        await queued.WaitAsync();
        turn.SetResult();
        await Task.WhenAll([held, revocation, .. writes]);

        var overtook = writes.Count(write => write.Result);
        var trial = await _replicas.Audit.TrialAsync(record, owner.Asker, owner.Asker, [pen.App.Id]);
        var found =
            record.Failures.FirstOrDefault()
            ?? Judge.Find(trial)
            ?? (
                overtook > 0
                    ? $"{overtook} of {writes.Count} writes that waited were carried out before the revocation that waited with them."
                    : null
            );
        return new Outcome(
            seed,
            found is null ? null : $"VIBE_SEED={seed} VIBE_HISTORIES=1\n{found}\nin\n{record.Story}",
            new Dictionary<string, long> { ["writes that waited"] = writes.Count }
        );
    }

    public string? Weakness(Report report) => null;

    public async ValueTask DisposeAsync()
    {
        _steered.Dispose();
        await _replicas.DisposeAsync();
    }

    private static async Task<bool> As(string operation, Func<Task<bool>> call)
    {
        Disturbance.Operation.Value = operation;
        return await Task.Run(call);
    }

    private Task WaitAsync(string operation, string place)
    {
        var (kind, space) = (operation.Split(' ')[0], operation.Split(' ')[1]);
        if (place is "in the queue" || (place is "in the turn" && kind == Held))
            _queued[space].Release();
        return place is "in the turn" && kind == Held ? _turns[space].Task : Task.CompletedTask;
    }
}
