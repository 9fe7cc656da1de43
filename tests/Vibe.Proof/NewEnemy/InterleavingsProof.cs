using Vibe.Proof.Runs;
using Vibe.Testing;

namespace Vibe.Proof.NewEnemy;

/// <summary>
/// Every order in which the steps of up to four operations can follow each other, from one named place to the next; needs
/// the build that has those places. There are as many histories as there are orders.
/// </summary>
internal sealed class InterleavingsProof : IProof
{
    private readonly Lock _lock = new();
    private readonly Engine _engine;
    private readonly Replicas _replicas;
    private readonly IDisposable _steered;
    private readonly Queue<(Combination Combination, int[] Choices)> _left;
    private int _running;

    private InterleavingsProof(Engine engine, Replicas replicas, IDisposable steered)
    {
        (_engine, _replicas, _steered) = (engine, replicas, steered);
        _left = new(Combination.All.Select(combination => (combination, Array.Empty<int>())));
    }

    /// <summary>Starts one server; a second process would have to be steered too, and adds no order that is new.</summary>
    /// <exception cref="InvalidOperationException">The build has no places to wait at.</exception>
    public static async Task<InterleavingsProof> StartAsync(Order order) =>
        Disturbance.Exists
            ? new InterleavingsProof(
                order.Engine,
                await Replicas.StartAsync(order.Engine, alone: true),
                Disturbance.Begin(Steering.WaitAsync)
            )
            : throw new InvalidOperationException("This build has no places to wait at: use tools/proof.");

    /// <summary>On SQLite a write that is kept waiting in its turn keeps everybody waiting.</summary>
    public int AtOnce => _engine == Engine.Sqlite ? 1 : 4;

    public bool IsDone
    {
        get
        {
            lock (_lock)
                return _left.Count == 0 && _running == 0;
        }
    }

    public async Task<Outcome> RunAsync(int seed)
    {
        (Combination Combination, int[] Choices) next;
        lock (_lock)
        {
            if (!_left.TryDequeue(out next))
                return new Outcome(seed, null, new Dictionary<string, long>());
            _running++;
        }
        try
        {
            var (steps, violation) = await Interleaving.RunAsync(_replicas, _engine, next.Combination, next.Choices);
            Branch(next.Combination, next.Choices.Length, steps);
            var order = string.Join(',', steps.Select(step => step.Choice));
            return new Outcome(
                seed,
                violation is null ? null : $"{next.Combination} in the order {order}\n{violation}",
                new Dictionary<string, long>
                {
                    [$"orders of {next.Combination.Deeds.Count} operations"] = 1,
                    ["steps"] = steps.Count,
                }
            );
        }
        finally
        {
            lock (_lock)
                _running--;
        }
    }

    public string? Weakness(Report report) => null;

    public async ValueTask DisposeAsync()
    {
        _steered.Dispose();
        await _replicas.DisposeAsync();
    }

    // At every step behind what was prescribed each of the others could have been moved instead.
    private void Branch(Combination combination, int prescribed, IReadOnlyList<(int Choice, int Of)> steps)
    {
        lock (_lock)
        {
            for (var step = prescribed; step < steps.Count; step++)
            for (var choice = 1; choice < steps[step].Of; choice++)
                _left.Enqueue((combination, [.. steps.Take(step).Select(each => each.Choice), choice]));
        }
    }
}
