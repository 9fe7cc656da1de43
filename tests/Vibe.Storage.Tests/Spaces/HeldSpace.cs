using Vibe.Hosting.Access;
using Vibe.Storage.Spaces;

namespace Vibe.Storage.Tests.Spaces;

/// <summary>
/// A space whose turn somebody has, so that all other works wait until it is given back; then they make one group, as far
/// as a group goes.
/// </summary>
internal sealed class HeldSpace
{
    private readonly StorageProcess _process;
    private readonly TaskCompletionSource _leave = new();
    private readonly List<Task> _works = [];

    private int _groups;

    private HeldSpace(StorageProcess process, SpaceName name)
    {
        (_process, Name) = (process, name);
        process.Signal.Listen(name.Id, () => Interlocked.Increment(ref _groups));
    }

    public SpaceName Name { get; }

    /// <summary>Takes the turn of a space, which is made unless there is one.</summary>
    public static async Task<HeldSpace> TakeAsync(StorageProcess process, SpaceName? name = null)
    {
        var space = new HeldSpace(process, name ?? await process.SpaceAsync());
        var entered = new TaskCompletionSource();
        _ = space.Wait(async turn =>
        {
            entered.SetResult();
            await space._leave.Task;
            return turn.Head;
        });
        await entered.Task;
        return space;
    }

    /// <summary>Lets a work wait.</summary>
    public Task<(T Result, Moment Moment)> Wait<T>(
        Func<Turn, Task<T>> work,
        Lane lane = Lane.Content,
        Caller? caller = null,
        CancellationToken cancellation = default,
        params Question[] questions
    )
    {
        var waiting = _process.MomentAsync(Name, work, lane, caller, cancellation, questions);
        _works.Add(waiting);
        return waiting;
    }

    /// <summary>Lets the entry of a line wait.</summary>
    public Task<(long Result, Moment Moment)> WaitToEnter(
        string by,
        Lane lane = Lane.Content,
        Caller? caller = null,
        CancellationToken cancellation = default
    ) => Wait(turn => StorageProcess.EnterAsync(turn, by), lane, caller, cancellation);

    /// <summary>Gives the turn back, and returns when everybody that waited knows the outcome, whatever it is.</summary>
    public async Task LeaveAsync()
    {
        _leave.TrySetResult();
        await Task.WhenAll(_works).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    /// <summary>What was entered, in order.</summary>
    public async Task<List<string>> EntriesAsync()
    {
        await using var snapshot = await _process.Database.ReadAsync(CancellationToken.None);
        var entries = await StorageProcess.EntriesAsync(snapshot, Name, 0);
        Assert.Equal(Enumerable.Range(1, entries.Count).Select(n => (long)n), entries.Select(entry => entry.Revision));
        return [.. entries.Select(entry => entry.By)];
    }

    /// <summary>How many groups moved the space.</summary>
    public int Groups => Volatile.Read(ref _groups);
}
