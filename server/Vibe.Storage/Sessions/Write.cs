using System.Data.Common;
using Microsoft.Data.Sqlite;
using Vibe.Hosting.Errors;

namespace Vibe.Storage.Sessions;

/// <summary>A transaction that changes something. Without a commit it leaves nothing behind.</summary>
public sealed class Write : Session
{
    // SQLITE_IOERR_FSYNC.
    private const int SyncFailed = 10 | 4 << 8;

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
    public override Task<int> ExecuteAsync(string sql, Value[] values, CancellationToken cancellation)
    {
        HasWritten = true;
        return base.ExecuteAsync(sql, values, cancellation);
    }

    /// <summary>Keeps everything so far, whatever <see cref="UndoAsync"/> takes back later.</summary>
    internal async Task SaveAsync()
    {
        // One at a time: engines slow down with each that is open.
        if (_isSaved)
            await Transaction.ReleaseAsync();
        await Transaction.SaveAsync();
        _isSaved = true;
        _hadWritten = HasWritten;
    }

    /// <summary>Takes back everything since <see cref="SaveAsync"/>.</summary>
    /// <param name="cause">Why.</param>
    /// <exception cref="VibeException">STORAGE_UNAVAILABLE: the whole transaction is gone.</exception>
    internal async Task UndoAsync(Exception cause)
    {
        try
        {
            await Transaction.UndoAsync();
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
    public async Task CommitAsync()
    {
        try
        {
            // Not cancellable: a caller that goes away must not leave the outcome open.
            await Transaction.CommitAsync();
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
    }

    // A server that ends the connection (the classes 08 and 57P) may do so between the commit and its answer. A commit whose
    // sync fails lies in the log already: whether it is there after a crash is the disk's to say.
    private static bool MayHaveBeenWritten(DbException exception) =>
        exception.SqlState is { } state
            ? state.StartsWith("08", StringComparison.Ordinal) || state.StartsWith("57P", StringComparison.Ordinal)
            : exception.IsTransient || exception is SqliteException { SqliteExtendedErrorCode: SyncFailed };
}
