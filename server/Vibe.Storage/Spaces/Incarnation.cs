using System.Collections.Concurrent;
using System.Security.Cryptography;
using Vibe.Storage.Sessions;

namespace Vibe.Storage.Spaces;

/// <summary>
/// What this process calls the history that it writes. A database that was put back to an earlier state cannot know
/// that it was; the process can, because the random beat that it last wrote into its own row is not there any more.
/// Then a new incarnation begins, and tokens from the lost history are seen to be from another one.
/// </summary>
public sealed class Incarnation
{
    private readonly Database _database;
    private readonly SemaphoreSlim _beating = new(1, 1);
    private State _state = State.New();

    /// <summary>Begins an incarnation for this process; its first write opens it.</summary>
    public Incarnation(Database database)
    {
        _database = database;
        database.Lost += () => Leave(Current);
    }

    private State Current => Volatile.Read(ref _state);

    /// <summary>
    /// Writes the next beat, so that a restore is noticed however soon it happens. A row that does not hold the last one
    /// is left as it was found: writing over it would hide the restore.
    /// </summary>
    public async Task BeatAsync(CancellationToken cancellation)
    {
        await _beating.WaitAsync(cancellation);
        try
        {
            var sight = Look();
            if (sight.LastBeat is not { } last)
                return;
            await using var write = await _database.WriteAsync(cancellation);
            if (!last.LeadsTo(await ReadBeatAsync(write, sight, cancellation)))
            {
                Leave(sight.State);
                return;
            }
            var next = last.Append(NewId());
            await write.ExecuteAsync(
                "UPDATE incarnations SET beat = @beat WHERE id = @id",
                [("@beat", next.Text), ("@id", sight.Id)],
                cancellation
            );
            await write.CommitAsync();
            sight.State.LastBeat = next;
        }
        finally
        {
            _beating.Release();
        }
    }

    /// <summary>Writes the next beat if the process wrote anything since the last one.</summary>
    public async Task BeatAfterWritesAsync(CancellationToken cancellation)
    {
        var state = Current;
        if (!state.HasNews)
            return;
        state.HasNews = false;
        try
        {
            await BeatAsync(cancellation);
        }
        catch
        {
            state.HasNews = true;
            throw;
        }
    }

    /// <summary>
    /// Takes down what the process knows before a transaction reads the beat. Whatever is known by then to be on disk,
    /// the transaction must find, that or something later; nothing that comes meanwhile can make it doubt.
    /// </summary>
    internal Sight Look()
    {
        var state = Current;
        return new Sight(state, state.LastBeat);
    }

    /// <summary>Reads the beat that stands in the process's own row.</summary>
    internal static Task<string?> ReadBeatAsync(Write write, Sight sight, CancellationToken cancellation) =>
        write.FirstAsync(
            "SELECT beat FROM incarnations WHERE id = @id",
            reader => reader.GetString(0),
            [("@id", sight.Id)],
            cancellation
        );

    /// <summary>
    /// Makes sure, inside a writing transaction, that the first write of a space in this incarnation leaves the mark
    /// from which tokens tell it from another history.
    /// </summary>
    /// <param name="write">The transaction.</param>
    /// <param name="space">The space's id.</param>
    /// <param name="fromRevision">The first revision that the transaction writes.</param>
    /// <param name="sight">What was known before the beat was read.</param>
    /// <param name="beatFound">The beat that was read.</param>
    /// <returns>The incarnation that it marked; nothing where the space bears the mark of the present one.</returns>
    internal string? Mark(Write write, string space, long fromRevision, Sight sight, string? beatFound)
    {
        if (sight.LastBeat is { } last && !last.LeadsTo(beatFound))
            Leave(sight.State);
        var state = Current;
        state.HasNews = true;
        if (state.Spaces.ContainsKey(space))
            return null;
        // Several first writes may race; the row of the first stays, and holds the same beat as the others would.
        write.Defer(
            """
            INSERT INTO incarnations (id, began_at, beat) VALUES (@id, @at, @beat)
            ON CONFLICT (id) DO NOTHING
            """,
            [("@id", state.Id), ("@at", _database.Clock.Microseconds), ("@beat", state.FirstBeat)]
        );
        write.Defer(
            "INSERT INTO space_incarnations (space, from_revision, incarnation) VALUES (@space, @from, @id)",
            [("@space", space), ("@from", fromRevision), ("@id", state.Id)]
        );
        write.Committed += () => state.Marked(space);
        return state.Id;
    }

    /// <summary>Names the incarnation in which a place of a space's history was written.</summary>
    public static async Task<string?> AtAsync(
        Session session,
        SpaceName space,
        long revision,
        CancellationToken cancellation
    ) =>
        await session.FirstAsync(
            $"{SpaceHistory.By} @revision {SpaceHistory.Latest}",
            reader => reader.GetString(0),
            [("@space", space.Id), ("@revision", revision)],
            cancellation
        );

    /// <summary>Asks in which incarnation the newest state of a space was written, under the space's lock.</summary>
    internal static Ask AtHead(SpaceName space, Action<string> found) =>
        new(
            $"{SpaceHistory.By} (SELECT head FROM spaces WHERE id = @space) {SpaceHistory.Latest}",
            [("@space", space.Id)],
            row => found(row.GetString(0))
        );

    /// <summary>Goes on in a new incarnation, unless another thread did so before.</summary>
    private void Leave(State state) => Interlocked.CompareExchange(ref _state, State.New(), state);

    private static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    /// <summary>What was known at a moment.</summary>
    /// <param name="State">The incarnation.</param>
    /// <param name="LastBeat">The beat that was last known to be on disk; nothing before the first write.</param>
    internal readonly record struct Sight(State State, Beat? LastBeat)
    {
        public string Id => State.Id;
    }

    /// <summary>A beat, and those that were tried after it; whether they are on disk is not known.</summary>
    internal sealed class Beat(string text)
    {
        private volatile Beat? _next;

        public string Text => text;

        public bool LeadsTo(string? found) => text == found || _next?.LeadsTo(found) is true;

        public Beat Append(string later) => _next is { } next ? next.Append(later) : _next = new Beat(later);
    }

    internal sealed class State
    {
        private Beat? _lastBeat;
        private volatile bool _hasNews;

        public required string Id { get; init; }
        public required string FirstBeat { get; init; }
        public ConcurrentDictionary<string, bool> Spaces { get; } = new();

        public Beat? LastBeat
        {
            get => Volatile.Read(ref _lastBeat);
            set => Volatile.Write(ref _lastBeat, value);
        }

        /// <summary>Whether something was written since the last beat, or is just being written.</summary>
        public bool HasNews
        {
            get => _hasNews;
            set => _hasNews = value;
        }

        public static State New() => new() { Id = NewId(), FirstBeat = NewId() };

        public void Marked(string space)
        {
            Interlocked.CompareExchange(ref _lastBeat, new Beat(FirstBeat), null);
            Spaces[space] = true;
        }
    }
}
