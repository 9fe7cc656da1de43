using Vibe.Hosting;
using Vibe.Storage.Examinations;
using Vibe.Storage.Sessions;

namespace Vibe.Storage;

/// <summary>The database behind a server: sessions to read and write in, and what differs between the engines.</summary>
public abstract class Database(Clock clock) : IAsyncDisposable
{
    /// <summary>What a SELECT ends with to lock the rows that it finds.</summary>
    public abstract string RowLock { get; }

    /// <summary>Whether one transaction at a time writes, whatever it is about.</summary>
    internal abstract bool HasOneWriter { get; }

    /// <summary>Whether the answer to a commit can be lost on its way, so that it has to be asked for afterwards.</summary>
    internal abstract bool CanLoseAnswers { get; }

    /// <summary>Whether what is asked right behind a commit is answered on the same journey, and so for next to nothing.</summary>
    internal abstract bool AsksBehindCommits { get; }

    /// <summary>
    /// Called when the server behind the database is another one than before: what was acknowledged last may be lost.
    /// </summary>
    internal event Action? Lost;

    /// <summary>The clock that times in this database are taken from.</summary>
    public Clock Clock { get; } = clock;

    /// <summary>
    /// Opens a context for the model and its migrations. It stands beside the sessions: what is hot goes through them.
    /// </summary>
    public abstract VibeDb OpenContext();

    /// <summary>Opens a state of the database to read from.</summary>
    public abstract ValueTask<Snapshot> ReadAsync(CancellationToken cancellation);

    /// <summary>Lets one statement read, for less than what a state to read several from costs.</summary>
    public abstract ValueTask<Glance> GlanceAsync(CancellationToken cancellation);

    /// <summary>Asks queries in one state of the database, which is let go of as they are answered: by one journey.</summary>
    /// <param name="answers">Where the answers are taken down.</param>
    /// <param name="asks">The queries.</param>
    /// <param name="cancellation">Ends the journey.</param>
    public abstract Task<AnsweredState> AskAsync(
        Answers answers,
        IReadOnlyList<Ask> asks,
        CancellationToken cancellation
    );

    /// <summary>Opens a transaction to write in.</summary>
    public abstract ValueTask<Write> WriteAsync(CancellationToken cancellation);

    /// <summary>
    /// Makes sure that an acknowledgement will mean durable, and that the database speaks the model of this version.
    /// </summary>
    /// <exception cref="StartupException">Something is not as it must be; the text says what to do.</exception>
    public abstract Task AssertReadyAsync(CancellationToken cancellation);

    /// <summary>
    /// Opens a state to read from where the database may not be as it must be; makes and changes nothing, not even a file.
    /// </summary>
    public abstract ValueTask<Snapshot> LookAsync(CancellationToken cancellation);

    /// <summary>Keeps everybody else from writing in a table until the transaction ends.</summary>
    public abstract Task LockTableAsync(Write write, string table, CancellationToken cancellation);

    /// <summary>Tells that the server behind the database is another one than before.</summary>
    internal void RaiseLost() => Lost?.Invoke();

    /// <summary>Copies the database before a migration where the engine has no tool of its own; tells where to.</summary>
    internal abstract Task<string?> BackupAsync(CancellationToken cancellation);

    /// <summary>Looks whether the database is there, takes writes and keeps them; makes and changes nothing.</summary>
    internal abstract Task<IReadOnlyList<Finding>> ExamineAsync(CancellationToken cancellation);

    /// <summary>What the engine's own clock reads; nothing where it has none.</summary>
    internal abstract Task<DateTimeOffset?> TimeAsync(Session session, CancellationToken cancellation);

    /// <inheritdoc />
    public abstract ValueTask DisposeAsync();
}
