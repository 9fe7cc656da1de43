using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Servers;

namespace Vibe.Load.Peers;

/// <summary>Triplit on LMDB, by the messages of its own clients: documents are entities, followed by a query for all of them.</summary>
internal sealed class TriplitPeer : Peer
{
    // Left alone, LMDB answers before a commit is synced; and the log of each message would be written for nobody.
    private const string Server = """
        import { createRequire } from "node:module";
        const [modules, port, folder, jwtSecret] = process.argv.slice(1);
        const require = createRequire(`${modules}/`);
        const { createServer } = await import(require.resolve("@triplit/server"));
        const { LmdbKVStore } = await import(require.resolve("@triplit/db/storage/lmdb"));
        const storage = new LmdbKVStore(require("lmdb").open(folder, { overlappingSync: false }));
        const start = await createServer({ storage, jwtSecret, logHandler: { log() {} } });
        start(Number(port));
        """;

    // Without the brace before the first of them, where the id goes.
    private static readonly string Members = Encoding.UTF8.GetString(Body.Json)[1..];

    private readonly PeerProgram _program;
    private readonly HttpClient _client;
    private readonly string _token;
    private readonly ConcurrentDictionary<int, TriplitConnection> _connections = new();

    private TriplitPeer(PeerProgram program, HttpClient client, string token) =>
        (_program, _client, _token) = (program, client, token);

    public static async Task<Peer> StartAsync()
    {
        var node = PeerProgram.Find("node");
        var modules = await NpmPackage.InstallAsync("@triplit/server@1.1.8", "lmdb@3.5.6");
        var secret = RandomNumberGenerator.GetHexString(64);
        var token = TokenOfAnAdministrator(secret);
        var address = MeasuredProcess.FreeAddress();
        var client = new HttpClient { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        try
        {
            var program = await PeerProgram.StartAsync(
                folder =>
                    Task.FromResult<string[]>([
                        node,
                        "--input-type=module",
                        "--eval",
                        Server,
                        modules,
                        $"{address.Port}",
                        Path.Combine(folder, "data"),
                        secret,
                    ]),
                async () => (await client.GetAsync(new Uri("/healthcheck", UriKind.Relative))).EnsureSuccessStatusCode()
            );
            return new TriplitPeer(program, client, token);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public override string Durability => "each write synced";

    public override string CatchingUp => "CONNECT_QUERY, all in one message";

    public override string Watching => "CONNECT_QUERY, resumable";

    public override Task CreateAsync(string collection, CancellationToken cancellation) => Task.CompletedTask;

    public override Task WriteAsync(int caller, string collection, CancellationToken cancellation) =>
        InsertAsync(caller, collection, cancellation);

    public override Task<string> StoreAsync(string collection, CancellationToken cancellation) =>
        InsertAsync(0, collection, cancellation);

    public override async Task<int> ReadAsync(
        int caller,
        string collection,
        string stored,
        CancellationToken cancellation
    )
    {
        string[][] where =
        [
            ["id", "=", stored],
        ];
        using var answer = await PostAsync(
            "/fetch",
            new { query = new { collectionName = collection, where } },
            cancellation
        );
        return (await answer.Content.ReadAsByteArrayAsync(cancellation)).Length;
    }

    public override async Task<long> CountAsync(string collection, CancellationToken cancellation)
    {
        using var answer = await PostAsync("/stats", new { }, cancellation);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(cancellation))
            .EnumerateArray()
            .Single(each => each.GetProperty("collection").GetString() == collection)
            .GetProperty("numEntities")
            .GetInt64();
    }

    public override async Task<long> CatchUpAsync(string collection, long expected, CancellationToken cancellation)
    {
        using var connection = await ConnectAsync(cancellation);
        return await FollowAsync(connection, collection, cancellation);
    }

    public override async Task<Watch> WatchAsync(
        int subscriber,
        string collection,
        Action told,
        CancellationToken cancellation
    )
    {
        var connection = await ConnectAsync(cancellation);
        await FollowAsync(connection, collection, cancellation);
        return Watch.Begin(async end =>
        {
            using (connection)
                while (true)
                    for (var left = await NextAsync(connection, collection, end); left > 0; left--)
                        told();
        });
    }

    public override Usage Usage() => _program.Usage();

    public override ValueTask DisposeAsync()
    {
        foreach (var connection in _connections.Values)
            connection.Dispose();
        _client.Dispose();
        return _program.DisposeAsync();
    }

    private static string TokenOfAnAdministrator(string secret) =>
        new JsonWebTokenHandler().CreateToken(
            """{"x-triplit-token-type":"secret"}""",
            new SigningCredentials(
                new SymmetricSecurityKey(Encoding.ASCII.GetBytes(secret)),
                SecurityAlgorithms.HmacSha256
            )
        );

    private async Task<string> InsertAsync(int caller, string collection, CancellationToken cancellation)
    {
        if (!_connections.TryGetValue(caller, out var connection))
            connection = _connections[caller] = await ConnectAsync(cancellation);
        var id = $"{Guid.CreateVersion7():n}";
        // An entity has its id as a member too; what is a map or a set, which JSON has not, is named beside it.
        var message = $$"""
            { "type": "CHANGES", "payload": { "changes": {
                "json": { "{{collection}}": { "sets": [["{{id}}", { "id": "{{id}}", {{Members}} ]], "deletes": [] } },
                "meta": { "values": { "{{collection}}.sets": ["map"], "{{collection}}.deletes": ["set"] }, "v": 1 }
            } } }
            """;
        await connection.SendAsync(message, cancellation);
        await connection.ReceiveAsync("CHANGES_ACK", cancellation);
        return id;
    }

    // Asks for all that is there and what comes later, and gives how much is there.
    private static async Task<long> FollowAsync(
        TriplitConnection connection,
        string collection,
        CancellationToken cancellation
    )
    {
        await connection.SendAsync(
            $$"""{ "type": "CONNECT_QUERY", "payload": { "id": "all", "params": { "collectionName": "{{collection}}" } } }""",
            cancellation
        );
        return await NextAsync(connection, collection, cancellation);
    }

    private static async Task<int> NextAsync(
        TriplitConnection connection,
        string collection,
        CancellationToken cancellation
    )
    {
        var told = await connection.ReceiveAsync("ENTITY_DATA", cancellation);
        return told.GetProperty("changes")
            .GetProperty("json")
            .GetProperty(collection)
            .GetProperty("sets")
            .GetArrayLength();
    }

    private Task<TriplitConnection> ConnectAsync(CancellationToken cancellation) =>
        TriplitConnection.OpenAsync(_client.BaseAddress!, _token, cancellation);

    private async Task<HttpResponseMessage> PostAsync(string path, object content, CancellationToken cancellation) =>
        (
            await _client.PostAsJsonAsync(new Uri(path, UriKind.Relative), content, cancellation)
        ).EnsureSuccessStatusCode();
}
