using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Vibe.Proof.NewEnemy;

/// <summary>
/// Runs a few operations so that one of them moves at a time, from one named place to the next, in an order that is
/// chosen. Whoever waits for the lock is not chosen while another holds it, so nothing ever waits for the clock.
/// </summary>
internal sealed class Steering(IReadOnlyList<Steered> operations, IReadOnlySet<string> places)
{
    private const string BeforeQueue = "before the queue";

    private static readonly ConcurrentDictionary<string, Steering> Running = new();

    private readonly Channel<int> _moved = Channel.CreateUnbounded<int>();
    private readonly State[] _states =
    [
        .. operations.Select(operation => new State
        {
            WantsLock = operation.Lock is not null && (operation.LocksAtOnce || !places.Contains(BeforeQueue)),
        }),
    ];
    private readonly string[] _names = [.. operations.Select(_ => $"{Guid.NewGuid():n}")];

    /// <summary>Makes an operation wait at a place until it is its turn; for <see cref="Disturbance"/>.</summary>
    public static Task WaitAsync(string operation, string place) =>
        Running.TryGetValue(operation, out var steering) ? steering.ParkAsync(operation, place) : Task.CompletedTask;

    /// <summary>Runs the operations to their ends.</summary>
    /// <param name="choices">Which of those that can move is moved, step by step; the first, beyond its end.</param>
    /// <returns>What was chosen at each step, and among how many.</returns>
    public async Task<IReadOnlyList<(int Choice, int Of)>> RunAsync(IReadOnlyList<int> choices)
    {
        foreach (var name in _names)
            Running[name] = this;
        try
        {
            var steps = new List<(int Choice, int Of)>();
            while (Movable() is { Count: > 0 } movable)
            {
                var choice = steps.Count < choices.Count ? choices[steps.Count] : 0;
                steps.Add((choice, movable.Count));
                Move(movable[choice]);
                await _moved.Reader.ReadAsync();
            }
            return steps;
        }
        finally
        {
            // Whoever still waits may hold a lock that others wait for.
            foreach (var name in _names)
                Running.TryRemove(name, out _);
            foreach (var state in _states)
                state.Gate?.TrySetResult();
        }
    }

    private List<int> Movable() =>
        [
            .. Enumerable
                .Range(0, operations.Count)
                .Where(index => _states[index] is { HasEnded: false } state && !(state.WantsLock && IsHeld(index))),
        ];

    // The lock is taken on the way from its own place to the next, wherever that is, and let go of by COMMIT.
    private bool IsHeld(int index) =>
        Enumerable
            .Range(0, operations.Count)
            .Any(other =>
                other != index && _states[other].HoldsLock && operations[other].Lock == operations[index].Lock
            );

    private void Move(int index)
    {
        var state = _states[index];
        if (!state.HasBegun)
        {
            state.HasBegun = true;
            _ = RunAsync(index);
            return;
        }
        var gate = state.Gate!;
        state.Gate = null;
        gate.SetResult();
    }

    private async Task RunAsync(int index)
    {
        // From here on the calls of this flow are known by the operation's name, and no others.
        Disturbance.Operation.Value = _names[index];
        try
        {
            await Task.Run(operations[index].RunAsync);
        }
        finally
        {
            _states[index].HasEnded = true;
            _states[index].HoldsLock = false;
            Running.TryRemove(_names[index], out _);
            _moved.Writer.TryWrite(index);
        }
    }

    private Task ParkAsync(string operation, string place)
    {
        var index = Array.IndexOf(_names, operation);
        var state = _states[index];
        // What it passes in the queue does not say whether it has its turn.
        if (place == "in the queue")
            return Task.CompletedTask;
        state.WantsLock = place == BeforeQueue;
        if (place is "in the turn" or "before COMMIT")
            state.HoldsLock = true;
        if (place == "after COMMIT")
            state.HoldsLock = false;
        if (++state.Passed > operations[index].Places || !places.Contains(place))
            return Task.CompletedTask;
        state.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gate = state.Gate.Task;
        _moved.Writer.TryWrite(index);
        return gate;
    }

    private sealed class State
    {
        public bool HasBegun { get; set; }
        public bool HasEnded { get; set; }
        public bool WantsLock { get; set; }
        public bool HoldsLock { get; set; }
        public int Passed { get; set; }
        public TaskCompletionSource? Gate { get; set; }
    }
}

/// <summary>An operation that is run step by step.</summary>
/// <param name="RunAsync">Runs it.</param>
/// <param name="Lock">What it locks while it writes; nothing where it only reads.</param>
/// <param name="LocksAtOnce">Whether it takes its lock without passing the place before it.</param>
internal sealed record Steered(Func<Task> RunAsync, string? Lock, bool LocksAtOnce = false)
{
    /// <summary>How many places it passes at most; what goes on in the server behind that is not of the operation.</summary>
    public int Places { get; init; } = int.MaxValue;
}
