using Npgsql;
using Vibe.Storage.Sessions;

namespace Vibe.Storage.Postgres;

/// <summary>
/// A transaction on a connection of the pool, or statements without one. The pool keeps the prepared statements itself, and
/// rolls back what is open on a connection that it gets back. The transactions of the provider would each make a journey of
/// its own to commit, and have BEGIN read and planned anew.
/// </summary>
internal sealed class PostgresOpenTransaction : OpenTransaction
{
    /// <summary>Begins a transaction that reads from one state.</summary>
    public static readonly Statement BeginState = new("BEGIN ISOLATION LEVEL REPEATABLE READ", []);

    /// <summary>Begins a transaction each statement of which sees what is committed when its turn comes.</summary>
    public static readonly Statement BeginWrite = new("BEGIN ISOLATION LEVEL READ COMMITTED", []);

    private static readonly Statement Commit = new("COMMIT", []);

    private readonly NpgsqlConnection _connection;
    private Statement? _begin;

    /// <summary>Takes an open connection.</summary>
    /// <param name="connection">The connection, which goes back to the pool with the transaction.</param>
    /// <param name="begin">Goes out before the first statement; nothing where there shall be no transaction.</param>
    public PostgresOpenTransaction(NpgsqlConnection connection, Statement? begin) =>
        (_connection, _begin) = (connection, begin);

    public override async Task<int> RunAsync(
        IReadOnlyList<Statement> statements,
        CancellationToken cancellation = default
    )
    {
        if (statements is [var only] && _begin is null)
        {
            await using var command = CommandOf(only);
            return await command.ExecuteNonQueryAsync(cancellation);
        }
        await using var batch = BatchOf(statements);
        await batch.ExecuteNonQueryAsync(cancellation);
        _begin = null;
        return (int)batch.BatchCommands[^1].RecordsAffected;
    }

    public override async Task<Rows> QueryAsync(
        IReadOnlyList<Statement> before,
        Statement query,
        CancellationToken cancellation
    ) =>
        before.Count == 0 && _begin is null && !query.Sql.DependsOnValues
            ? new Rows(await CommandOf(query).ExecuteReaderAsync(cancellation))
            : new Rows(await ReadAsync(BatchOf([.. before, query]), cancellation));

    public override async Task AskAsync(
        IReadOnlyList<Statement> before,
        IReadOnlyList<Ask> asks,
        CancellationToken cancellation
    )
    {
        await using var batch = BatchOf([.. before, .. asks.Select(StatementOf)]);
        await using var reader = await ReadAsync(batch, cancellation);
        await ReadAsync(reader, asks, cancellation);
    }

    public override Task CommitAsync(IReadOnlyList<Statement> before) =>
        RunAsync([.. before, Commit], CancellationToken.None);

    public override async Task<bool> CommitAndAskAsync(IReadOnlyList<Statement> before, IReadOnlyList<Ask> asks)
    {
        await using var batch = BatchOf([.. before, Commit, BeginState, .. asks.Select(StatementOf), Commit]);
        var isCommitted = false;
        try
        {
            await using var reader = await ReadAsync(batch, CancellationToken.None);
            // It stands at the rows of the first query, and so behind the commit.
            isCommitted = true;
            await ReadAsync(reader, asks, CancellationToken.None);
            return true;
        }
        catch (Exception exception) when (isCommitted || IsBehindCommit(exception))
        {
            // Whoever asked asks again by itself, and meets what stands against it.
            return false;
        }

        bool IsBehindCommit(Exception exception)
        {
            IList<NpgsqlBatchCommand> commands = batch.BatchCommands;
            return exception is PostgresException { BatchCommand: NpgsqlBatchCommand failed }
                && commands
                    .Take(commands.IndexOf(failed) + 1)
                    .Any(command => command.CommandText == BeginState.Sql.Postgres);
        }
    }

    public override ValueTask DisposeAsync() => _connection.DisposeAsync();

    // Until it is known to have begun it begins again: nothing is ever carried out without it, and a transaction that has
    // failed meanwhile takes no second beginning.
    private async Task<NpgsqlDataReader> ReadAsync(NpgsqlBatch batch, CancellationToken cancellation)
    {
        var reader = await batch.ExecuteReaderAsync(cancellation);
        _begin = null;
        return reader;
    }

    private static Statement StatementOf(Ask ask) => new(ask.Sql, ask.Values);

    private static async Task ReadAsync(
        NpgsqlDataReader reader,
        IReadOnlyList<Ask> asks,
        CancellationToken cancellation
    )
    {
        foreach (var ask in asks)
        {
            while (await reader.ReadAsync(cancellation))
                ask.Row(reader);
            await reader.NextResultAsync(cancellation);
        }
    }

    private NpgsqlCommand CommandOf(Statement statement)
    {
        var command = new NpgsqlCommand(statement.Sql.Postgres, _connection);
        Bind(command.Parameters, ColumnsOf(statement.Values), () => new NpgsqlParameter());
        return command;
    }

    private NpgsqlBatch BatchOf(IReadOnlyList<Statement> statements)
    {
        var batch = new NpgsqlBatch(_connection);
        if (_begin is { } begin)
            statements = [begin, .. statements];
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
