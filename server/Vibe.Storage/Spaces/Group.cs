using System.Data.Common;
using System.Diagnostics;
using Vibe.Errors.V1;
using Vibe.Hosting;
using Vibe.Hosting.Errors;
using Vibe.Storage.Sessions;

namespace Vibe.Storage.Spaces;

/// <summary>
/// Works of one space that share a transaction and its commit. They are applied one by one under the space's lock, each to
/// what the ones before it left; one that fails leaves nothing behind and does its neighbours no harm.
/// </summary>
internal sealed class Group(
    SpaceName space,
    WriteQueue queue,
    Database database,
    Incarnation incarnation,
    GroupLog log,
    Limits limits
)
{
    /// <summary>How many works a group takes at most.</summary>
    public const int Most = 256;

    // Counted from the first work on content: whoever comes next, here or in another space, waits that long and a commit.
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(25);

    private readonly string _id = GroupLog.NewId();
    private readonly DateTimeOffset _begun = database.Clock.Time.GetUtcNow();
    private readonly List<Entry> _entries = [];
    private Position _first;
    private Position _last;
    private (string Before, string After) _incarnations;
    private bool _isUnknown;
    private Exception? _failure;
    private Activity? _span;

    /// <summary>How many works it took.</summary>
    public int Count => _entries.Count;

    /// <summary>Whether the space moved.</summary>
    public bool Moved => _failure is null && _last.Head != _first.Head;

    /// <summary>What moved it, for the operator: the last write whose span is recorded.</summary>
    public SignalCause Cause =>
        new(
            database.Clock.Microseconds,
            _entries.LastOrDefault(entry => entry.HasMoved && entry.Work.Span != default)?.Work.Span ?? default
        );

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
            while (queue.Take(fromAccess: true, fromContent: true) is { } work)
                _entries.Add(new Entry(work));
        foreach (var entry in _entries)
            if (_failure is not null)
                entry.Work.Fail(FailureOf(entry, _failure));
            else if (entry.Refusal is { } refusal)
                entry.Work.Fail(refusal);
            else
                entry.Work.Succeed(MomentOf(entry));
    }

    private async Task WriteAsync()
    {
        Write write;
        VibeException lost;
        await using (write = await database.WriteAsync(CancellationToken.None))
        {
            var sight = incarnation.Look();
            var beat = await LockAsync(write, sight);
            await ApplyAsync(write);
            await CloseAsync(write, sight, beat);
            if (!write.HasWritten)
                return;
            try
            {
                await write.CommitAsync();
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
        var isThere = await log.IsThereAsync(space, _id, lost);
        _isUnknown = false;
        if (!isThere)
            throw CallErrors.StorageUnavailable(lost);
        write.TellCommitted();
    }

    private async Task<string?> LockAsync(Write write, Incarnation.Sight sight)
    {
        var (position, beat) = await write.FirstAsync(
            $"""
            SELECT head, policy_epoch, clock_at, (SELECT beat FROM incarnations WHERE id = @incarnation)
            FROM spaces WHERE id = @space{database.RowLock}
            """,
            row => (new Position(true, row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)), row.TextOrNull(3)),
            [("@space", space.Id), ("@incarnation", sight.Id)],
            CancellationToken.None
        );
        _first = _last = position;
        return beat;
    }

    private async Task ApplyAsync(Write write)
    {
        var access = 0;
        long? begun = null;
        while (
            Count < Most
            && queue.Take(
                fromAccess: access < WriteQueue.AccessRoom,
                fromContent: begun is null || database.Clock.Time.GetElapsedTime(begun.Value) < Longest
            )
                is { } work
        )
        {
            if (work.Lane == Lane.Access)
                access++;
            else
                begun ??= database.Clock.Time.GetTimestamp();
            await ApplyAsync(write, work);
        }
    }

    private async Task ApplyAsync(Write write, Work work)
    {
        var entry = new Entry(work);
        _entries.Add(entry);
        _span = WriteTelemetry.Join(_span, work, _begun);
        await write.BeginWorkAsync();
        var at = Math.Max(database.Clock.Microseconds, _last.At);
        var turn = new Turn(write, space, _last.Head, _last.PolicyEpoch, at, _last.Exists)
        {
            RemembersSince = at - (long)limits.IdempotencyWindow.TotalMicroseconds,
        };
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
        if (turn.Moved)
            _last = _last with { Head = turn.Head, PolicyEpoch = turn.PolicyEpoch, At = turn.At };
    }

    private async Task CloseAsync(Write write, Incarnation.Sight sight, string? beat)
    {
        Activity.Current = _span;
        _incarnations.Before = await Incarnation.AtAsync(write, space, _first.Head, CancellationToken.None) ?? "";
        if (!write.HasWritten && _last == _first)
            return;
        if (_last.Head != _first.Head)
        {
            var marked = await incarnation.MarkAsync(
                write,
                space.Id,
                _first.Head + 1,
                sight,
                beat,
                CancellationToken.None
            );
            _incarnations.After = marked ?? _incarnations.Before;
            write.Defer(
                "UPDATE spaces SET head = @head, policy_epoch = @epoch, clock_at = @at WHERE id = @space",
                [("@head", _last.Head), ("@epoch", _last.PolicyEpoch), ("@at", _last.At), ("@space", space.Id)]
            );
        }
        write.Defer(GroupLog.Insert, [("@space", space.Id), ("@group", _id), ("@at", database.Clock.Microseconds)]);
    }

    private Moment MomentOf(Entry entry) =>
        new(space, entry.Revision > _first.Head ? _incarnations.After : _incarnations.Before, entry.Revision);

    private Exception FailureOf(Entry entry, Exception failure) =>
        _isUnknown && entry.Refusal is null ? CallErrors.OutcomeUnknown(failure)
        : failure is DbException or VibeException or StartupException ? CallErrors.StorageUnavailable(failure)
        : failure;

    private sealed class Entry(Work work)
    {
        public Work Work { get; } = work;

        public Exception? Refusal { get; set; }

        /// <summary>Whether it took a revision.</summary>
        public bool HasMoved { get; set; }

        /// <summary>The space's head once the work was done.</summary>
        public long Revision { get; set; }
    }

    private readonly record struct Position(bool Exists, long Head, long PolicyEpoch, long At);
}
