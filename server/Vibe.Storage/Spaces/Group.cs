using System.Data.Common;
using System.Diagnostics;
using Vibe.Errors.V1;
using Vibe.Hosting;
using Vibe.Hosting.Errors;
using Vibe.Storage.Sessions;

namespace Vibe.Storage.Spaces;

/// <summary>
/// Works that share a transaction and its commit. Those of a space are applied one by one under the space's lock, each to
/// what the ones before it left; one that fails leaves nothing behind and does its neighbours no harm. What they ask for is
/// asked for many of them at once, and what they write goes out together.
/// </summary>
/// <param name="queues">The works, by their spaces.</param>
/// <param name="waits">
/// Whether it waits for a space that another process has locked. Where several processes write it may wait for one space
/// alone: with several, two could wait for each other, and works of the others would wait with it.
/// </param>
/// <param name="database">Where it writes.</param>
/// <param name="incarnation">In whose name.</param>
/// <param name="log">Where its commit is looked for when nobody answered.</param>
/// <param name="signal">Who waits for what it moves.</param>
/// <param name="limits">What bounds it.</param>
internal sealed class Group(
    IReadOnlyList<WriteQueue> queues,
    bool waits,
    Database database,
    Incarnation incarnation,
    GroupLog log,
    SpaceSignal signal,
    Limits limits
)
{
    /// <summary>How many works a group takes at most.</summary>
    public const int Most = 256;

    // For so many works it is asked first, then for more: what was asked for and is not used in time was asked in vain.
    private const int FirstAsked = 32;
    private const int AskedMoreOften = 4;

    // Counted from the first work on content: whoever comes next, here or in another space, waits that long and a commit.
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(25);

    private readonly string _id = GroupLog.NewId();
    private readonly DateTimeOffset _begun = database.Clock.Time.GetUtcNow();
    private readonly List<GroupSpace> _spaces = [.. queues.Select(queue => new GroupSpace(queue))];
    private readonly Foresight _foresight = new();
    private readonly HashSet<Work> _joined = [];
    private bool _isUnknown;
    private Exception? _failure;
    private Activity? _span;

    /// <summary>The queues of the spaces that it did not get, for it does not wait.</summary>
    public IReadOnlyCollection<WriteQueue> Left { get; private set; } = [];

    /// <summary>Those who were told of what it moved already.</summary>
    public Convoy? Served { get; private set; }

    /// <summary>How many works it took.</summary>
    public int Count { get; private set; }

    /// <summary>The spaces that it moved, each with what did, for the operator: the last write whose span is recorded.</summary>
    public IEnumerable<(SpaceName Space, SignalCause Cause)> Moved =>
        from space in _spaces
        where _failure is null && space.HasMoved
        select (space.Name, new SignalCause(database.Clock.Microseconds, space.Cause));

    /// <summary>
    /// Takes works as long as some wait, applies them, and makes durable what those that succeeded wrote. Nobody is told
    /// anything before <see cref="Tell"/>.
    /// </summary>
    public async Task RunAsync()
    {
        try
        {
            await WriteAsync();
        }
        catch (Exception exception)
        {
            _failure = exception;
        }
        WriteTelemetry.Ended(_span, Count, _failure);
    }

    /// <summary>Tells each work its outcome. Where nothing could even begin, all that wait learn so.</summary>
    public void Tell()
    {
        if (_failure is not null && Count == 0)
            foreach (var space in _spaces)
                while (space.Queue.Take(fromAccess: true, fromContent: true) is { } work)
                    space.Entries.Add(new GroupEntry(work));
        foreach (var space in _spaces)
        foreach (var entry in space.Entries)
            if (_failure is not null)
                entry.Work.Fail(FailureOf(entry, _failure));
            else if (entry.Refusal is { } refusal)
                entry.Work.Fail(refusal);
            else
                entry.Work.Succeed(space.MomentOf(entry));
    }

    private async Task WriteAsync()
    {
        Write write;
        VibeException lost;
        await using (write = await database.WriteAsync(CancellationToken.None))
        {
            var sight = incarnation.Look();
            await ApplyAsync(write, sight);
            Close(write, sight);
            if (!write.HasWritten)
                return;
            try
            {
                await CommitAsync(write);
                return;
            }
            catch (VibeException exception) when (exception.Reason == ErrorReason.OutcomeUnknown)
            {
                lost = exception;
                _isUnknown = true;
                if (write.MayAppearLater)
                    throw;
            }
        }
        var isThere = await log.IsThereAsync(Witness, _id, lost);
        _isUnknown = false;
        if (!isThere)
            throw CallErrors.StorageUnavailable(lost);
        write.TellCommitted();
    }

    // Nobody keeps readers waiting who does not know yet what became of the commit.
    private async Task CommitAsync(Write write)
    {
        var convoy = database.AsksBehindCommits
            ? signal.Gather(Moved.Select(moved => (moved.Space.Id, moved.Cause)))
            : null;
        var answers = new Answers();
        AnsweredState? state = null;
        try
        {
            state = await write.CommitAsync(answers, convoy?.Begin(answers) ?? []);
            if (convoy is not null && state is not null)
            {
                convoy.CommittedAt = database.Clock.Microseconds;
                Served = convoy;
                convoy.Arrive(state);
            }
        }
        finally
        {
            if (state is null)
                convoy?.Disband();
        }
    }

    private async Task ApplyAsync(Write write, Incarnation.Sight sight)
    {
        var (access, next, idle) = (0, 0, 0);
        long? begun = null;
        var asked = await AskAsync(write, FirstAsked, LocksAndSight(sight));
        LeaveWhatIsLocked();
        for (var portion = FirstAsked; Count < Most && idle < _spaces.Count; next = (next + 1) % _spaces.Count)
        {
            var space = _spaces[next];
            var takesContent = begun is null || database.Clock.Time.GetElapsedTime(begun.Value) < Longest;
            if (asked <= 0 && idle == 0 && takesContent)
                asked = await AskAsync(write, portion *= AskedMoreOften, []);
            var work = space.Queue.Take(fromAccess: access < WriteQueue.AccessRoom, fromContent: takesContent);
            if (work is null)
            {
                idle++;
                continue;
            }
            idle = 0;
            if (work.Lane == Lane.Access)
                access++;
            else
                begun ??= database.Clock.Time.GetTimestamp();
            await ApplyAsync(write, space, work);
            asked--;
        }
    }

    private IEnumerable<Ask> LocksAndSight(Incarnation.Sight sight) =>
        database.HasOneWriter ? [GroupSpace.LookUp(_spaces, sight)]
        : waits ? _spaces.SelectMany(space => new[] { space.Lock(database, sight), space.AskIncarnation() })
        : [GroupSpace.LockFree(_spaces, sight), GroupSpace.AskIncarnations(_spaces)];

    // A space that is not there looks the same, and is left to whoever waits for an answer.
    private void LeaveWhatIsLocked()
    {
        if (waits)
            return;
        Left = [.. _spaces.Where(space => !space.Last.Exists).Select(space => space.Queue)];
        _spaces.RemoveAll(space => !space.Last.Exists);
    }

    // Gives for how many works was asked.
    private async Task<int> AskAsync(Write write, int works, IEnumerable<Ask> first)
    {
        var waiting = _spaces.SelectMany(space => space.Queue.Show(Math.Max(1, works / _spaces.Count))).ToList();
        foreach (var work in waiting)
            Join(work);
        Activity.Current = _span;
        List<Ask> asks = [.. first, .. _foresight.AsksFor(waiting.SelectMany(work => work.Questions))];
        if (asks.Count > 0)
            await write.AskAsync(asks);
        return waiting.Count;
    }

    // One that gives up between the question and its turn is linked all the same.
    private void Join(Work work)
    {
        if (work.Span != default && _joined.Add(work))
            _span = WriteTelemetry.Join(_span, work, _begun);
    }

    private async Task ApplyAsync(Write write, GroupSpace space, Work work)
    {
        var entry = new GroupEntry(work);
        space.Entries.Add(entry);
        Count++;
        Join(work);
        await write.BeginWorkAsync();
        var at = Math.Max(database.Clock.Microseconds, space.Last.At);
        var turn = space.Turn(write, at, _foresight, at - (long)limits.IdempotencyWindow.TotalMicroseconds);
        try
        {
            await work.RunAsync(turn);
        }
        catch (Exception refusal)
        {
            entry.Refusal = refusal;
            await write.UndoAsync(refusal);
            return;
        }
        write.EndWork();
        entry.Revision = turn.Head;
        entry.HasMoved = turn.Moved;
        space.Follow(turn);
    }

    private void Close(Write write, Incarnation.Sight sight)
    {
        Activity.Current = _span;
        foreach (var space in _spaces.Where(space => space.HasMoved))
            space.Close(write, incarnation, sight);
        if (write.HasWritten && database.CanLoseAnswers)
            write.Defer(
                GroupLog.Insert,
                [("@space", Witness.Id), ("@group", _id), ("@at", database.Clock.Microseconds)]
            );
    }

    // The space in which the group can be asked for later: any of those where it worked.
    private SpaceName Witness => _spaces.First(space => space.Entries.Count > 0).Name;

    private Exception FailureOf(GroupEntry entry, Exception failure) =>
        _isUnknown && entry.Refusal is null ? CallErrors.OutcomeUnknown(failure)
        : failure is DbException or VibeException or StartupException ? CallErrors.StorageUnavailable(failure)
        : failure;
}
