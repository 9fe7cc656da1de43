namespace Vibe.Load.Followers;

/// <summary>Waits for something to have happened so many times, on whichever threads.</summary>
internal sealed class Countdown(int from)
{
    private readonly TaskCompletionSource<long> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _counted;

    /// <summary>Gives the moment at which it happened for the last time.</summary>
    public Task<long> Done => _done.Task;

    public void Signal(long at, int times = 1)
    {
        if (Interlocked.Add(ref _counted, times) >= from)
            _done.TrySetResult(at);
    }

    public override string ToString() => $"{Volatile.Read(ref _counted):n0} of {from:n0}";
}
