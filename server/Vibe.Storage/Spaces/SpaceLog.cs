using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Vibe.Hosting;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Storage.Sessions;

namespace Vibe.Storage.Spaces;

/// <summary>
/// Owns the order of each space: its lock, its revisions, its policy epoch, its clock and its signal. Revisions are handed
/// out under the lock, so the order in which they are taken is the order in which they become visible, without gaps.
/// </summary>
public sealed class SpaceLog
{
    /// <summary>How many groups are written at once where the engine lets them: while one is synced the next is applied.</summary>
    internal const int SharedAtOnce = 2;

    private readonly ConcurrentDictionary<SpaceName, WriteQueue> _queues = new();
    private readonly Database _database;
    private readonly Incarnation _incarnation;
    private readonly SpaceSignal _signal;
    private readonly Limits _limits;
    private readonly GroupLog _groups;
    private readonly WriterMetrics _metrics;

    // Whatever waits shares a transaction, in whichever space.
    private readonly Writer _shared;

    /// <summary>Puts spaces in order.</summary>
    public SpaceLog(Database database, Incarnation incarnation, SpaceSignal signal, Limits limits, IMeterFactory meters)
    {
        (_database, _incarnation, _signal, _limits) = (database, incarnation, signal, limits);
        _groups = new GroupLog(database);
        _metrics = new WriterMetrics(meters);
        _shared = new Writer(database.HasOneWriter ? 1 : SharedAtOnce, WriteSharedAsync, WriteAlone, Forget);
    }

    /// <summary>In how many spaces this process is writing.</summary>
    internal int BusySpaces => _queues.Count;

    /// <summary>Makes a space, within the transaction that makes its account.</summary>
    public async Task CreateAsync(Write write, SpaceName space, CancellationToken cancellation)
    {
        await write.ExecuteAsync(
            "INSERT INTO spaces (id, head, policy_epoch, clock_at) VALUES (@space, 0, 0, @at)",
            [("@space", space.Id), ("@at", _database.Clock.Microseconds)],
            cancellation
        );
        var sight = _incarnation.Look();
        var beat = await Incarnation.ReadBeatAsync(write, sight, cancellation);
        _incarnation.Mark(write, space.Id, 0, sight, beat);
    }

    /// <summary>
    /// Waits for a turn in the space, runs the work in it, and makes durable what it wrote, all of it or nothing. Works that
    /// wait together share a transaction; each decides and fails for itself.
    /// </summary>
    /// <param name="space">The space.</param>
    /// <param name="lane">Where the work waits.</param>
    /// <param name="caller">On whose behalf; nothing for the server itself.</param>
    /// <param name="questions">What the work will want to know, and a group can ask for many works at once.</param>
    /// <param name="work">
    /// The work. Once its turn has begun it is carried out: the token that it is given does not end with its caller's.
    /// </param>
    /// <param name="cancellation">Ends the wait for the turn.</param>
    /// <returns>What the work gave, and the moment of the write.</returns>
    /// <exception cref="VibeException">
    /// SPACE_BUSY: there is no room to wait; STORAGE_UNAVAILABLE: nothing was written; OUTCOME_UNKNOWN: nobody knows.
    /// </exception>
    public async Task<(T Result, Moment Moment)> WriteAsync<T>(
        SpaceName space,
        Lane lane,
        Caller? caller,
        IReadOnlyList<Question> questions,
        Func<Turn, CancellationToken, Task<T>> work,
        CancellationToken cancellation
    )
    {
        cancellation.ThrowIfCancellationRequested();
        var waiting = new Work<T>(lane, HolderOf(space, caller), questions, work);
        var queue = Enqueue(space, waiting);
        await using var giveUp = cancellation.UnsafeRegister(
            _ =>
            {
                if (queue.Remove(waiting))
                    waiting.Fail(new OperationCanceledException(cancellation));
            },
            null
        );
        return await waiting.Outcome;
    }

    // A person who visits counts as one, an app as one for all the persons that it acts for.
    private static string? HolderOf(SpaceName space, Caller? caller) =>
        caller is null ? null
        : !caller.IsFirstParty ? caller.Client
        : caller.Home == space.Id ? null
        : caller.Person;

    private WriteQueue Enqueue(SpaceName space, Work work)
    {
        while (true)
        {
            var queue = _queues.GetOrAdd(space, name => new WriteQueue(name, _metrics));
            switch (queue.Add(work))
            {
                case WriteQueue.Answer.Full:
                    throw SpaceErrors.Busy(space);
                case WriteQueue.Answer.Waits:
                    return queue;
                case WriteQueue.Answer.WaitsFirst:
                    _shared.Open(queue);
                    return queue;
                case WriteQueue.Answer.Closed:
                    Forget(queue);
                    break;
            }
        }
    }

    private Task<IReadOnlyCollection<WriteQueue>> WriteSharedAsync(IReadOnlyList<WriteQueue> queues) =>
        WriteAsync(NewGroup(queues, _database.HasOneWriter));

    // A space that another process has locked is waited for by nobody but those who want to write in it.
    private void WriteAlone(WriteQueue queue) =>
        new Writer(1, queues => WriteAsync(NewGroup(queues, waits: true)), WriteAlone, Forget).Open(queue);

    private Group NewGroup(IReadOnlyList<WriteQueue> queues, bool waits) =>
        new(queues, waits, _database, _incarnation, _groups, _signal, _limits);

    private async Task<IReadOnlyCollection<WriteQueue>> WriteAsync(Group group)
    {
        await group.RunAsync();
        foreach (var (space, cause) in group.Moved)
            _signal.Raise(space.Id, cause, group.Served);
        _metrics.Ended(group.Count);
        group.Tell();
        return group.Left;
    }

    private void Forget(WriteQueue queue) =>
        _queues.TryRemove(new KeyValuePair<SpaceName, WriteQueue>(queue.Space, queue));
}
