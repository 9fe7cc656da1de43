using System.Data.Common;
using Microsoft.Data.Sqlite;
using Vibe.Errors.V1;
using Vibe.Hosting.Errors;

namespace Vibe.Storage.Sessions;

/// <summary>A transaction that changes something. Without a commit it leaves nothing behind.</summary>
public sealed class Write(DbConnection connection, DbTransaction transaction, Func<ValueTask> release)
    : Session(connection, transaction)
{
    // SQLITE_IOERR_FSYNC.
    private const int SyncFailed = 10 | 4 << 8;

    /// <summary>Called once the changes are on disk.</summary>
    internal event Action? Committed;

    /// <summary>Makes the changes durable. When this returns they are on disk.</summary>
    /// <exception cref="VibeException">
    /// OUTCOME_UNKNOWN: the storage was lost on the way; STORAGE_UNAVAILABLE: it refused, and nothing was written.
    /// </exception>
    public async Task CommitAsync()
    {
        try
        {
            // Not cancellable: a caller that goes away must not leave the outcome open.
            await Transaction.CommitAsync(CancellationToken.None);
        }
        catch (DbException exception) when (MayHaveBeenWritten(exception))
        {
            throw new VibeException(
                ErrorReason.OutcomeUnknown,
                "The storage was lost while it was writing. Repeat the call with its idempotency key.",
                inner: exception
            );
        }
        catch (DbException exception)
        {
            throw CallErrors.StorageUnavailable(exception);
        }
        Committed?.Invoke();
    }

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        try
        {
            await Transaction.DisposeAsync();
        }
        finally
        {
            await release();
        }
    }

    // A server that ends the connection (the classes 08 and 57P) may do so between the commit and its answer. A commit whose
    // sync fails lies in the log already: whether it is there after a crash is the disk's to say.
    private static bool MayHaveBeenWritten(DbException exception) =>
        exception.SqlState is { } state
            ? state.StartsWith("08", StringComparison.Ordinal) || state.StartsWith("57P", StringComparison.Ordinal)
            : exception.IsTransient || exception is SqliteException { SqliteExtendedErrorCode: SyncFailed };
}
