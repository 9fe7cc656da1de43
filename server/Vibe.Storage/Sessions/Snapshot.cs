using System.Data.Common;

namespace Vibe.Storage.Sessions;

/// <summary>
/// One state of the database to read from: every statement sees the same commits. Decisions and the rows that they are
/// about are read in one of these.
/// </summary>
public sealed class Snapshot(DbConnection connection, DbTransaction transaction) : Session(connection, transaction)
{
    private readonly DbConnection _connection = connection;

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        await Transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
