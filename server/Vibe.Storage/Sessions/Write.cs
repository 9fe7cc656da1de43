using System.Data.Common;
using Microsoft.Data.Sqlite;
using Vibe.Hosting.Errors;

namespace Vibe.Storage.Sessions;

/// <summary>A transaction that changes something. Without a commit it leaves nothing behind.</summary>
public sealed class Write : Session
{
    // SQLITE_IOERR_FSYNC.
    private const int SyncFailed = 10 | 4 << 8;

    // What waits is in memory, beside the bodies of the requests that it came from.
    private const long MostDeferredBytes = 4 << 20;

    // They take turns: where one could not be kept, there must be none of its name that an earlier work has left.
    private static readonly Savepoint[] Savepoints = [Savepoint.Of("even"), Savepoint.Of("odd")];

    private readonly List<Statement> _deferred = [];
    private long _deferredBytes;
    private int _ofEarlierWorks;
    private bool _isInWork;
    private int _savepoints;
    private bool _isSaved;
    private bool _hadWritten;

    internal Write(OpenTransaction transaction)
        : base(transaction) { }

    /// <summary>Called once the changes are on disk.</summary>
    internal event Action? Committed;

    /// <summary>Whether there is anything to commit.</summary>
    internal bool HasWritten { get; private set; }

    /// <summary>Whether a commit that was not acknowledged, and cannot be seen now, may be there after a crash.</summary>
    internal bool MayAppearLater { get; private set; }

    /// <inheritdoc />
    public override Task<int> ExecuteAsync(Sql sql, Value[] values, CancellationToken cancellation)
    {
        HasWritten = true;
        return Transaction.RunAsync([.. TakeDeferred(), new Statement(sql, values)], cancellation);
    }

    /// <summary>
    /// Notes a statement that is carried out together with others, before the next query and before the commit at the
    /// latest. It must be one that cannot fail by its values: who would be told is gone by then, and all fail with it.
    /// </summary>
    public void Defer(Sql sql, Value[] values) => Defer(new Statement(sql, values));

    /// <summary>Notes a row that is put as <see cref="Defer(Sql, Value[])"/> says, together with others where there is a way.</summary>
    /// <param name="put">Where to.</param>
    /// <param name="row">What it holds, in the order of the columns.</param>
    public void Defer(RowPut put, params object?[] row) => Defer(new Statement(put.One, put.ValuesOf(row), put));

    private void Defer(Statement statement)
    {
        HasWritten = true;
        _deferred.Add(statement);
        foreach (var value in statement.Values)
            if (value.Content is byte[] bytes)
                _deferredBytes += bytes.Length;
    }

    /// <summary>Asks several queries in one journey. Each sees what is committed when its turn comes.</summary>
    internal Task AskAsync(IReadOnlyList<Ask> asks) =>
        Transaction.AskAsync(TakeDeferred(), asks, CancellationToken.None);

    /// <summary>Begins a work: <see cref="UndoAsync"/> takes back what it does, and nothing from before.</summary>
    internal async Task BeginWorkAsync()
    {
        if (_deferredBytes > MostDeferredBytes)
            await Transaction.RunAsync(TakeDeferred());
        (_isInWork, _isSaved) = (true, false);
        _ofEarlierWorks = _deferred.Count;
        _hadWritten = HasWritten;
    }

    /// <summary>Ends a work that stays.</summary>
    internal void EndWork() => _isInWork = false;

    /// <summary>Takes back everything since <see cref="BeginWorkAsync"/>.</summary>
    /// <param name="cause">Why.</param>
    /// <exception cref="VibeException">STORAGE_UNAVAILABLE: the whole transaction is gone.</exception>
    internal async Task UndoAsync(Exception cause)
    {
        EndWork();
        _deferred.RemoveRange(_ofEarlierWorks, _deferred.Count - _ofEarlierWorks);
        try
        {
            if (_isSaved)
                await Transaction.RunAsync([Savepoints[_savepoints % 2].Return]);
        }
        catch (Exception)
        {
            // What broke the transaction is told in the cause; that there is none any more is no news.
            throw CallErrors.StorageUnavailable(cause);
        }
        HasWritten = _hadWritten;
    }

    /// <summary>Tells that the changes are on disk after all.</summary>
    internal void TellCommitted() => Committed?.Invoke();

    /// <summary>Makes the changes durable. When this returns they are on disk.</summary>
    /// <exception cref="VibeException">
    /// OUTCOME_UNKNOWN: the storage was lost on the way; STORAGE_UNAVAILABLE: it refused, and nothing was written.
    /// </exception>
    public async Task CommitAsync() => await CommitAsync(new Answers(), []);

    /// <summary>Commits like <see cref="CommitAsync()"/>, and asks queries in one state right behind the commit.</summary>
    /// <param name="answers">Where the answers are taken down.</param>
    /// <param name="asks">The queries.</param>
    /// <returns>The state; nothing where there are no queries, or they were not answered.</returns>
    internal async Task<AnsweredState?> CommitAsync(Answers answers, IReadOnlyList<Ask> asks)
    {
        var isAnswered = false;
        try
        {
            // Not cancellable: a caller that goes away must not leave the outcome open.
            if (asks.Count > 0)
                isAnswered = await Transaction.CommitAndAskAsync(TakeDeferred(), asks);
            else
                await Transaction.CommitAsync(TakeDeferred());
        }
        catch (DbException exception) when (MayHaveBeenWritten(exception))
        {
            MayAppearLater = exception is SqliteException;
            throw CallErrors.OutcomeUnknown(exception);
        }
        catch (DbException exception)
        {
            throw CallErrors.StorageUnavailable(exception);
        }
        TellCommitted();
        return isAnswered ? new AnsweredState(answers) : null;
    }

    // A work is put behind a savepoint once a statement of it goes out, and behind what the ones before it have deferred.
    private protected override IReadOnlyList<Statement> TakeDeferred()
    {
        if (_deferred.Count == 0 && (!_isInWork || _isSaved))
            return [];
        var statements = _deferred.GetRange(0, _deferred.Count);
        if (_isInWork && !_isSaved)
        {
            statements.Insert(_ofEarlierWorks, Savepoints[(_savepoints + 1) % 2].Keep);
            if (_savepoints > 0)
                statements.Insert(_ofEarlierWorks, Savepoints[_savepoints % 2].Forget);
            _savepoints++;
            _isSaved = true;
        }
        _deferred.Clear();
        (_deferredBytes, _ofEarlierWorks) = (0, 0);
        return statements;
    }

    // A server that ends the connection (the classes 08 and 57P) may do so between the commit and its answer. A commit whose
    // sync fails lies in the log already: whether it is there after a crash is the disk's to say.
    private static bool MayHaveBeenWritten(DbException exception) =>
        exception.SqlState is { } state
            ? state.StartsWith("08", StringComparison.Ordinal) || state.StartsWith("57P", StringComparison.Ordinal)
            : exception.IsTransient || exception is SqliteException { SqliteExtendedErrorCode: SyncFailed };
}
