using Npgsql;
using NpgsqlTypes;

namespace Vibe.Load.Twin;

/// <summary>The table in a PostgreSQL database.</summary>
internal sealed class PostgresTable : Table
{
    private readonly NpgsqlDataSource _source;

    public PostgresTable(string database)
    {
        _source = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(database)
            {
                MaxAutoPrepare = 10,
                AutoPrepareMinUsages = 2,
                MaxPoolSize = 32,
            }
        );
        using var create = _source.CreateCommand("CREATE TABLE documents (id text PRIMARY KEY, body bytea NOT NULL)");
        create.ExecuteNonQuery();
    }

    public override int Writers => 2;

    public override async ValueTask CommitAsync(IReadOnlyCollection<Entry> entries)
    {
        await using var insert = _source.CreateCommand("INSERT INTO documents SELECT * FROM unnest($1, $2)");
        insert.Parameters.Add(Array(NpgsqlDbType.Text, entries.Select(entry => entry.Id).ToArray()));
        insert.Parameters.Add(Array(NpgsqlDbType.Bytea, entries.Select(entry => entry.Body).ToArray()));
        await insert.ExecuteNonQueryAsync();
    }

    public override async ValueTask<byte[]?> FindAsync(string id)
    {
        await using var find = _source.CreateCommand("SELECT body FROM documents WHERE id = $1");
        find.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id });
        return (byte[]?)await find.ExecuteScalarAsync();
    }

    public override async ValueTask<long> CountAsync()
    {
        await using var count = _source.CreateCommand("SELECT count(*) FROM documents");
        return (long)(await count.ExecuteScalarAsync())!;
    }

    public override async ValueTask<List<Entry>> AfterAsync(string id, int most)
    {
        await using var after = _source.CreateCommand(
            "SELECT id, body FROM documents WHERE id > $1 ORDER BY id LIMIT $2"
        );
        after.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id });
        after.Parameters.Add(new NpgsqlParameter<int> { TypedValue = most });
        await using var rows = await after.ExecuteReaderAsync();
        var entries = new List<Entry>(most);
        while (await rows.ReadAsync())
            entries.Add(new Entry(rows.GetString(0), rows.GetFieldValue<byte[]>(1)));
        return entries;
    }

    private static NpgsqlParameter Array(NpgsqlDbType of, object values) =>
        new() { NpgsqlDbType = NpgsqlDbType.Array | of, Value = values };
}
