using System.Data.Common;
using Npgsql;
using Vibe.Storage.Sessions;

namespace Vibe.Storage.Postgres;

/// <summary>
/// A transaction on a connection of the pool, or statements without one. The pool keeps the prepared statements itself.
/// </summary>
internal sealed class PostgresOpenTransaction(NpgsqlConnection connection, NpgsqlTransaction? transaction)
    : OpenTransaction
{
    public override DbCommand Take(string sql, Value[] values)
    {
        var command = new NpgsqlCommand(sql, connection, transaction);
        Bind(command, values);
        return command;
    }

    public override ValueTask GiveBackAsync(DbCommand command) => command.DisposeAsync();

    public override Task CommitAsync() => transaction?.CommitAsync(CancellationToken.None) ?? Task.CompletedTask;

    public override async ValueTask DisposeAsync()
    {
        if (transaction is not null)
            await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }
}
