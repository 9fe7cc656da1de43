using System.Collections.Concurrent;
using System.Security.Cryptography;
using Vibe.Storage.Sessions;

namespace Vibe.Storage.Spaces;

/// <summary>
/// What this process calls the history that it writes. A database that was put back to an earlier state cannot know
/// that it was; the process can, because the random beat that it last wrote into its own row is not there any more.
/// Then a new incarnation begins, and tokens from the lost history are seen to be from another one.
/// </summary>
public sealed class Incarnation(Database database)
{
    private readonly SemaphoreSlim _renewing = new(1, 1);
    private volatile State _state = State.New();

    /// <summary>Writes the next beat, so that a restore is noticed however soon it happens.</summary>
    public async Task BeatAsync(CancellationToken cancellation)
    {
        await _renewing.WaitAsync(cancellation);
        try
        {
            var state = _state;
            if (!state.IsOpen)
                return;
            var beat = NewId();
            state.Beats.Enqueue(beat);
            await using var write = await database.WriteAsync(cancellation);
            await write.ExecuteAsync(
                "UPDATE incarnations SET beat = @beat WHERE id = @id",
                [("@beat", beat), ("@id", state.Id)],
                cancellation
            );
            await write.CommitAsync();
            while (state.Beats.Count > 4)
                state.Beats.TryDequeue(out _);
        }
        finally
        {
            _renewing.Release();
        }
    }

    /// <summary>
    /// Makes sure, inside a writing transaction, that the first write of a space in this incarnation leaves the mark
    /// from which tokens tell it from another history.
    /// </summary>
    internal async Task<Action> MarkAsync(
        Write write,
        string space,
        long fromRevision,
        string? beatFound,
        CancellationToken cancellation
    )
    {
        var state = _state;
        if (state.IsOpen && (beatFound is null || !state.Beats.Contains(beatFound)))
            state = Interlocked.CompareExchange(ref _state, State.New(), state) == state ? _state : _state;
        if (state.Spaces.ContainsKey(space))
            return () => { };
        // The upsert carries the beat: several first writes may race, and all of them must know the row that stays.
        await write.ExecuteAsync(
            """
            INSERT INTO incarnations (id, began_at, beat) VALUES (@id, @at, @beat)
            ON CONFLICT (id) DO NOTHING
            """,
            [("@id", state.Id), ("@at", database.Clock.Microseconds), ("@beat", state.FirstBeat)],
            cancellation
        );
        await write.ExecuteAsync(
            "INSERT INTO space_incarnations (space, from_revision, incarnation) VALUES (@space, @from, @id)",
            [("@space", space), ("@from", fromRevision), ("@id", state.Id)],
            cancellation
        );
        return () =>
        {
            state.IsOpen = true;
            state.Spaces[space] = true;
        };
    }

    /// <summary>The id of this process's own incarnation.</summary>
    internal string Id => _state.Id;

    /// <summary>Names the incarnation in which a place of a space's history was written.</summary>
    public static async Task<string?> AtAsync(
        Session session,
        SpaceName space,
        long revision,
        CancellationToken cancellation
    ) =>
        await session.FirstAsync(
            """
            SELECT incarnation FROM space_incarnations
            WHERE space = @space AND from_revision <= @revision
            ORDER BY from_revision DESC LIMIT 1
            """,
            reader => reader.GetString(0),
            [("@space", space.Id), ("@revision", revision)],
            cancellation
        );

    private static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    private sealed class State
    {
        public required string Id { get; init; }
        public required string FirstBeat { get; init; }
        public ConcurrentQueue<string> Beats { get; } = new();
        public ConcurrentDictionary<string, bool> Spaces { get; } = new();
        public volatile bool IsOpen;

        public static State New()
        {
            var state = new State { Id = NewId(), FirstBeat = NewId() };
            state.Beats.Enqueue(state.FirstBeat);
            return state;
        }
    }
}
