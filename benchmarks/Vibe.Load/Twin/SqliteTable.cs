using Microsoft.Data.Sqlite;

namespace Vibe.Load.Twin;

/// <summary>The table in a SQLite file, with the durability that Vibe has: write-ahead log, each commit synced.</summary>
internal sealed class SqliteTable : Table
{
    private readonly SqliteConnection _writer;
    private readonly SqliteCommand _insert;
    private readonly ThreadLocal<SqliteCommand> _find;
    private readonly ThreadLocal<SqliteCommand> _after;

    public SqliteTable(string file)
    {
        var source = $"Data Source={file};Pooling=False";
        _writer = Open(source);
        Run(_writer, "PRAGMA journal_mode=WAL");
        Run(_writer, "PRAGMA synchronous=FULL");
        Run(_writer, "CREATE TABLE documents (id TEXT PRIMARY KEY, body BLOB NOT NULL)");
        _insert = Prepared(_writer, "INSERT INTO documents VALUES ($id, $body)", "$id", "$body");
        _find = new(() => Prepared(Open(source), "SELECT body FROM documents WHERE id = $id", "$id"));
        const string After = "SELECT id, body FROM documents WHERE id > $id ORDER BY id LIMIT $most";
        _after = new(() => Prepared(_find.Value!.Connection!, After, "$id", "$most"));
    }

    public override int Writers => 1;

    public override ValueTask CommitAsync(IReadOnlyCollection<Entry> entries)
    {
        using var transaction = _writer.BeginTransaction(deferred: false);
        _insert.Transaction = transaction;
        foreach (var (id, body) in entries)
        {
            _insert.Parameters[0].Value = id;
            _insert.Parameters[1].Value = body;
            _insert.ExecuteNonQuery();
        }
        transaction.Commit();
        return default;
    }

    public override ValueTask<byte[]?> FindAsync(string id)
    {
        _find.Value!.Parameters[0].Value = id;
        return new((byte[]?)_find.Value.ExecuteScalar());
    }

    public override ValueTask<long> CountAsync()
    {
        using var count = Prepared(_find.Value!.Connection!, "SELECT count(*) FROM documents");
        return new((long)count.ExecuteScalar()!);
    }

    public override ValueTask<List<Entry>> AfterAsync(string id, int most)
    {
        var after = _after.Value!;
        (after.Parameters[0].Value, after.Parameters[1].Value) = (id, most);
        using var rows = after.ExecuteReader();
        var entries = new List<Entry>(most);
        while (rows.Read())
            entries.Add(new Entry(rows.GetString(0), rows.GetFieldValue<byte[]>(1)));
        return new(entries);
    }

    private static SqliteConnection Open(string source)
    {
        var connection = new SqliteConnection(source);
        connection.Open();
        return connection;
    }

    private static SqliteCommand Prepared(SqliteConnection connection, string sql, params string[] parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var parameter in parameters)
            command.Parameters.Add(new SqliteParameter(parameter, ""));
        return command;
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = Prepared(connection, sql);
        command.ExecuteNonQuery();
    }
}
