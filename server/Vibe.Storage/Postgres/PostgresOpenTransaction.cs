using Npgsql;
using Vibe.Storage.Sessions;

namespace Vibe.Storage.Postgres;

/// <summary>
/// A transaction on a connection of the pool, or statements without one. The pool keeps the prepared statements itself.
/// </summary>
internal sealed class PostgresOpenTransaction(NpgsqlConnection connection, NpgsqlTransaction? transaction)
    : OpenTransaction
{
    private static readonly Statement Commit = new("COMMIT", []);

    public override async Task<int> RunAsync(
        IReadOnlyList<Statement> statements,
        CancellationToken cancellation = default
    )
    {
        if (statements is [var only])
        {
            await using var command = CommandOf(only);
            return await command.ExecuteNonQueryAsync(cancellation);
        }
        await using var batch = BatchOf(statements);
        await batch.ExecuteNonQueryAsync(cancellation);
        return (int)batch.BatchCommands[^1].RecordsAffected;
    }

    public override async Task<Rows> QueryAsync(
        IReadOnlyList<Statement> before,
        Statement query,
        CancellationToken cancellation
    ) =>
        before.Count == 0 && !query.Sql.DependsOnValues
            ? new Rows(await CommandOf(query).ExecuteReaderAsync(cancellation))
            : new Rows(await BatchOf([.. before, query]).ExecuteReaderAsync(cancellation));

    public override async Task AskAsync(
        IReadOnlyList<Statement> before,
        IReadOnlyList<Ask> asks,
        CancellationToken cancellation
    )
    {
        await using var batch = BatchOf([.. before, .. asks.Select(ask => new Statement(ask.Sql, ask.Values))]);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        foreach (var ask in asks)
        {
            while (await reader.ReadAsync(cancellation))
                ask.Row(reader);
            await reader.NextResultAsync(cancellation);
        }
    }

    // The transaction of the provider would make a journey of its own for it.
    public override Task CommitAsync(IReadOnlyList<Statement> before) =>
        RunAsync([.. before, Commit], CancellationToken.None);

    public override async ValueTask DisposeAsync()
    {
        await using (connection)
            if (transaction is not null)
                await transaction.DisposeAsync();
    }

    private NpgsqlCommand CommandOf(Statement statement)
    {
        var command = new NpgsqlCommand(statement.Sql.Postgres, connection, transaction);
        Bind(command.Parameters, ColumnsOf(statement.Values), () => new NpgsqlParameter());
        return command;
    }

    private NpgsqlBatch BatchOf(IReadOnlyList<Statement> statements)
    {
        var batch = new NpgsqlBatch(connection, transaction);
        foreach (var statement in RowPuts.Merge(statements).SelectMany(PlanMode.For))
        {
            var command = new NpgsqlBatchCommand(statement.Sql.Postgres);
            Bind(command.Parameters, ColumnsOf(statement.Values), () => new NpgsqlParameter());
            batch.BatchCommands.Add(command);
        }
        return batch;
    }

    private static Value[] ColumnsOf(Value[] values) =>
        values.Any(value => value.Content is string[][]) ? [.. values.SelectMany(ColumnsOf)] : values;

    private static IEnumerable<Value> ColumnsOf(Value value) =>
        value.Content is string[][] keys
            ? keys[0]
                .Select(
                    (_, column) =>
                        new Value(Sql.ColumnOf(value.Name, column), keys.Select(key => key[column]).ToArray())
                )
            : [value];
}
