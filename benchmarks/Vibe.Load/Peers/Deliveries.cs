using System.Diagnostics;
using Vibe.Load.Generators;
using Vibe.Load.Measures;

namespace Vibe.Load.Peers;

/// <summary>Counts who was told of the write that is on its way, and how long that took.</summary>
internal sealed class Deliveries(int subscribers)
{
    private Latencies _latencies = new();
    private TaskCompletionSource _all = new();
    private int _missing;
    private long _begun;

    /// <summary>How many were not told yet.</summary>
    public int Missing => Volatile.Read(ref _missing);

    /// <summary>Forgets what was measured.</summary>
    public void Restart() => _latencies = new Latencies();

    /// <summary>Begins a write; the result ends when everybody was told of it.</summary>
    public Task Expect()
    {
        _all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _begun, Stopwatch.GetTimestamp());
        Volatile.Write(ref _missing, subscribers);
        return _all.Task;
    }

    /// <summary>Notes that one subscriber was told.</summary>
    public void Told()
    {
        _latencies.Add(Stopwatch.GetElapsedTime(Volatile.Read(ref _begun)));
        var missing = Interlocked.Decrement(ref _missing);
        if (missing == 0)
            _all.TrySetResult();
        else if (missing < 0)
            _all.TrySetException(new LoadException("A subscriber was told of one write more than once."));
    }

    /// <summary>Gives what was measured since the last start.</summary>
    public Outcome Outcome(TimeSpan elapsed) => new(_latencies.Count, _latencies.Count, elapsed, _latencies, 0);
}
