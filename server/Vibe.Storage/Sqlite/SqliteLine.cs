using System.Text.Json;
using Microsoft.Data.Sqlite;
using Vibe.Storage.Sessions;

namespace Vibe.Storage.Sqlite;

/// <summary>
/// A connection with the statements that were prepared on it, which cost more than most of them take to run. One
/// transaction at a time uses it.
/// </summary>
internal sealed class SqliteLine(SqliteConnection connection) : IDisposable
{
    // The server has fewer; what is beyond it is made for one use.
    private const int MostPrepared = 200;

    private readonly Dictionary<string, SqliteCommand> _prepared = [];

    public bool IsInTransaction => SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) == 0;

    /// <summary>Takes a command out, so that one that runs already is not taken twice.</summary>
    public SqliteCommand Take(string sql)
    {
        if (_prepared.Remove(sql, out var known))
            return known;
        var command = connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }

    public void GiveBack(SqliteCommand command)
    {
        if (_prepared.Count >= MostPrepared || !_prepared.TryAdd(command.CommandText, command))
            command.Dispose();
    }

    /// <summary>Runs a statement without values or rows.</summary>
    public void Run(string sql)
    {
        var command = Take(sql);
        command.ExecuteNonQuery();
        GiveBack(command);
    }

    public void Dispose()
    {
        foreach (var command in _prepared.Values)
            command.Dispose();
        connection.Dispose();
    }
}

/// <summary>A transaction on a line, or statements without one; the line goes back when it ends.</summary>
internal sealed class SqliteOpenTransaction(SqliteLine line, Action<SqliteLine> release) : OpenTransaction
{
    public override Task<int> RunAsync(IReadOnlyList<Statement> statements, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        var changed = 0;
        foreach (var statement in statements)
        {
            var command = CommandOf(statement);
            changed = command.ExecuteNonQuery();
            line.GiveBack(command);
        }
        return Task.FromResult(changed);
    }

    public override async Task<Rows> QueryAsync(
        IReadOnlyList<Statement> before,
        Statement query,
        CancellationToken cancellation
    )
    {
        if (before.Count > 0)
            await RunAsync(before, cancellation);
        cancellation.ThrowIfCancellationRequested();
        var command = CommandOf(query);
        return new Rows(command.ExecuteReader(), () => line.GiveBack(command));
    }

    public override async Task AskAsync(
        IReadOnlyList<Statement> before,
        IReadOnlyList<Ask> asks,
        CancellationToken cancellation
    )
    {
        if (before.Count > 0)
            await RunAsync(before, cancellation);
        foreach (var ask in asks)
        {
            await using var rows = await QueryAsync([], new Statement(ask.Sql, ask.Values), cancellation);
            while (rows.Reader.Read())
                ask.Row(rows.Reader);
        }
    }

    public override async Task CommitAsync(IReadOnlyList<Statement> before)
    {
        if (before.Count > 0)
            await RunAsync(before);
        line.Run("COMMIT");
    }

    public override ValueTask DisposeAsync()
    {
        try
        {
            // An error may have ended the transaction already.
            if (line.IsInTransaction)
                line.Run("ROLLBACK");
        }
        finally
        {
            release(line);
        }
        return ValueTask.CompletedTask;
    }

    protected override object ContentOf(Value value) =>
        value.Content is string[] or string[][] ? JsonSerializer.Serialize(value.Content) : base.ContentOf(value);

    private SqliteCommand CommandOf(Statement statement)
    {
        var command = line.Take(statement.Sql.Sqlite);
        Bind(command.Parameters, statement.Values, command.CreateParameter);
        return command;
    }
}
