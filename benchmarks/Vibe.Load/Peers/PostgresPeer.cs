using System.Text;
using Npgsql;
using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Servers;
using Vibe.Testing;

namespace Vibe.Load.Peers;

/// <summary>
/// PostgreSQL, by SQL: documents are rows, each writer tells those who LISTEN in the same transaction, and the content
/// goes in the notification, which spares them to read it.
/// </summary>
internal sealed class PostgresPeer : Peer
{
    private const int PageSize = 1000;

    private static readonly string Content = Encoding.UTF8.GetString(Body.Json);

    private readonly Servers.Storage _storage;
    private readonly NpgsqlDataSource _source;

    private PostgresPeer(Servers.Storage storage) =>
        (_storage, _source) = (storage, NpgsqlDataSource.Create(storage.Database!));

    public static async Task<Peer> StartAsync()
    {
        if (await PostgresCluster.FindAsync() is null)
            throw new MissingPeerException("PostgreSQL is not installed and VIBE_TEST_POSTGRES names no server");
        return new PostgresPeer(await Servers.Storage.MakeAsync(Engine.Postgres));
    }

    public override string Durability => "each write synced";

    public override string CatchingUp => "pages of 1,000 rows";

    public override string Watching => "LISTEN, not resumable";

    // Each takes a connection, which is a process of the server.
    public override int MostSubscribers => 100;

    public override async Task CreateAsync(string collection, CancellationToken cancellation)
    {
        await using var create = _source.CreateCommand(
            $"CREATE TABLE {collection} (position bigserial PRIMARY KEY, id uuid NOT NULL UNIQUE, body text NOT NULL)"
        );
        await create.ExecuteNonQueryAsync(cancellation);
    }

    public override Task WriteAsync(int caller, string collection, CancellationToken cancellation) =>
        StoreAsync(collection, cancellation);

    public override async Task<string> StoreAsync(string collection, CancellationToken cancellation)
    {
        var id = Guid.CreateVersion7();
        await using var write = _source.CreateCommand(
            $"""
            WITH stored AS (INSERT INTO {collection} (id, body) VALUES ($1, $2) RETURNING body)
            SELECT pg_notify('{collection}', body) FROM stored
            """
        );
        write.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        write.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Content });
        await write.ExecuteNonQueryAsync(cancellation);
        return $"{id}";
    }

    public override async Task<int> ReadAsync(
        int caller,
        string collection,
        string stored,
        CancellationToken cancellation
    )
    {
        await using var read = _source.CreateCommand($"SELECT body FROM {collection} WHERE id = $1");
        read.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Guid.Parse(stored) });
        return await read.ExecuteScalarAsync(cancellation) is string body ? body.Length : 0;
    }

    public override async Task<long> CountAsync(string collection, CancellationToken cancellation)
    {
        await using var count = _source.CreateCommand($"SELECT count(*) FROM {collection}");
        return (long)(await count.ExecuteScalarAsync(cancellation))!;
    }

    public override async Task<long> CatchUpAsync(string collection, long expected, CancellationToken cancellation)
    {
        var (count, position, read) = (0L, 0L, PageSize);
        while (read == PageSize)
        {
            await using var page = _source.CreateCommand(
                $"SELECT position, id, body FROM {collection} WHERE position > $1 ORDER BY position LIMIT {PageSize}"
            );
            page.Parameters.Add(new NpgsqlParameter<long> { TypedValue = position });
            await using var rows = await page.ExecuteReaderAsync(cancellation);
            for (read = 0; await rows.ReadAsync(cancellation); read++)
                (position, _, _) = (rows.GetInt64(0), rows.GetGuid(1), rows.GetString(2));
            count += read;
        }
        return count;
    }

    public override async Task<Watch> WatchAsync(
        int subscriber,
        string collection,
        Action told,
        CancellationToken cancellation
    )
    {
        var own = new NpgsqlConnectionStringBuilder(_storage.Database) { Pooling = false };
        var connection = new NpgsqlConnection(own.ToString());
        await connection.OpenAsync(cancellation);
        connection.Notification += (_, _) => told();
        await using (var listen = new NpgsqlCommand($"LISTEN {collection}", connection))
            await listen.ExecuteNonQueryAsync(cancellation);
        return Watch.Begin(async end =>
        {
            await using (connection)
                while (true)
                    await connection.WaitAsync(end);
        });
    }

    public override Usage Usage()
    {
        // Of a server that belongs to others, nothing can be seen.
        var used = _storage.Usage(Environment.ProcessId);
        return used is { DatabaseCpu: { } cpu, DatabaseMemory: { } memory }
            ? new Usage(cpu, null, memory, null)
            : throw new LoadException("The PostgreSQL that VIBE_TEST_POSTGRES names runs elsewhere.");
    }

    public override async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await _storage.DisposeAsync();
    }
}
