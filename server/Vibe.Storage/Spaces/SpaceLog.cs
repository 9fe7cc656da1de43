using Vibe.Hosting;
using Vibe.Storage.Sessions;

namespace Vibe.Storage.Spaces;

/// <summary>
/// Owns the order of each space: its lock, its revisions, its policy epoch, its clock and its signal. Revisions are handed
/// out under the lock, so the order in which they are taken is the order in which they become visible, without gaps.
/// </summary>
public sealed class SpaceLog(Database database, Incarnation incarnation, SpaceSignal signal, Limits limits)
{
    /// <summary>Makes a space, within the transaction that makes its account.</summary>
    public async Task CreateAsync(Write write, SpaceName space, CancellationToken cancellation)
    {
        await write.ExecuteAsync(
            "INSERT INTO spaces (id, head, policy_epoch, clock_at) VALUES (@space, 0, 0, @at)",
            [("@space", space.Id), ("@at", database.Clock.Microseconds)],
            cancellation
        );
        var sight = incarnation.Look();
        var beat = await Incarnation.ReadBeatAsync(write, sight, cancellation);
        await incarnation.MarkAsync(write, space.Id, 0, sight, beat, cancellation);
    }

    /// <summary>
    /// Waits for the space's turn, runs the work in it, and makes durable what it wrote, all of it or nothing.
    /// </summary>
    /// <returns>What the work gave, and the moment of the write.</returns>
    public async Task<(T Result, Moment Moment)> WriteAsync<T>(
        SpaceName space,
        Func<Turn, Task<T>> work,
        CancellationToken cancellation
    )
    {
        await using var write = await database.WriteAsync(cancellation);
        var sight = incarnation.Look();
        var state = await write.FirstAsync(
            $"""
            SELECT head, policy_epoch, clock_at, (SELECT beat FROM incarnations WHERE id = @incarnation)
            FROM spaces WHERE id = @space{database.RowLock}
            """,
            reader => new State(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.TextOrNull(3)),
            [("@space", space.Id), ("@incarnation", sight.Id)],
            cancellation
        );
        var at = Math.Max(database.Clock.Microseconds, state?.ClockAt ?? 0);
        var turn = new Turn(write, space, state?.Head ?? 0, state?.PolicyEpoch ?? 0, at, state is not null)
        {
            RemembersSince = at - (long)limits.IdempotencyWindow.TotalMicroseconds,
        };
        var result = await work(turn);
        if (turn.Moved)
        {
            await incarnation.MarkAsync(write, space.Id, turn.FirstHead + 1, sight, state?.Beat, cancellation);
            await write.ExecuteAsync(
                "UPDATE spaces SET head = @head, policy_epoch = @epoch, clock_at = @at WHERE id = @space",
                [("@head", turn.Head), ("@epoch", turn.PolicyEpoch), ("@at", turn.At), ("@space", space.Id)],
                cancellation
            );
        }
        var writer = await Incarnation.AtAsync(write, space, turn.Head, cancellation);
        await write.CommitAsync();
        if (turn.Moved)
            signal.Raise(space.Id);
        return (result, new Moment(space, writer ?? "", turn.Head));
    }

    private sealed record State(long Head, long PolicyEpoch, long ClockAt, string? Beat);
}
