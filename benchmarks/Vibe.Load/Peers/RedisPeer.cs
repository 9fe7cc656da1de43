using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Vibe.Load.Measures;
using Vibe.Load.Servers;

namespace Vibe.Load.Peers;

/// <summary>Redis, by its protocol: documents are entries of a stream.</summary>
internal sealed class RedisPeer : Peer
{
    private const int PageSize = 1000;

    private static readonly ReadOnlyMemory<byte> Content = Body.Json;

    private readonly PeerProgram _program;
    private readonly Uri _address;
    private readonly bool _syncsEach;
    private readonly ConcurrentDictionary<int, RedisConnection> _connections = new();

    private RedisPeer(PeerProgram program, Uri address, bool syncsEach) =>
        (_program, _address, _syncsEach) = (program, address, syncsEach);

    /// <summary>Starts it with one of its ways to write the log: synced with each write, or each second.</summary>
    public static async Task<Peer> StartAsync(bool syncsEach)
    {
        var redis = PeerProgram.Find("redis-server");
        var address = MeasuredProcess.FreeAddress();
        var program = await PeerProgram.StartAsync(
            folder =>
                Task.FromResult<string[]>([
                    redis,
                    "--bind",
                    address.Host,
                    "--port",
                    $"{address.Port}",
                    "--dir",
                    folder,
                    "--save",
                    "",
                    "--appendonly",
                    "yes",
                    "--appendfsync",
                    syncsEach ? "always" : "everysec",
                ]),
            async () =>
            {
                using var connection = await RedisConnection.OpenAsync(address, CancellationToken.None);
                await connection.SendAsync(CancellationToken.None, Word("PING"));
            }
        );
        return new RedisPeer(program, address, syncsEach);
    }

    public override string Durability => _syncsEach ? "each write synced" : "synced every second";

    public override string CatchingUp => "XREAD of 1,000 entries";

    public override string Watching => "XREAD, resumable";

    public override Task CreateAsync(string collection, CancellationToken cancellation) => Task.CompletedTask;

    public override Task WriteAsync(int caller, string collection, CancellationToken cancellation) =>
        AddAsync(caller, collection, cancellation);

    public override Task<string> StoreAsync(string collection, CancellationToken cancellation) =>
        AddAsync(0, collection, cancellation);

    public override async Task<int> ReadAsync(
        int caller,
        string collection,
        string stored,
        CancellationToken cancellation
    )
    {
        var connection = await OfCallerAsync(caller, cancellation);
        var answer = await connection.SendAsync(
            cancellation,
            Word("XRANGE"),
            Word(collection),
            Word(stored),
            Word(stored)
        );
        return answer is object?[] and [object?[] and [_, object?[] and [_, byte[] body]]] ? body.Length : 0;
    }

    public override async Task<long> CountAsync(string collection, CancellationToken cancellation)
    {
        using var connection = await RedisConnection.OpenAsync(_address, cancellation);
        return (long)(await connection.SendAsync(cancellation, Word("XLEN"), Word(collection)))!;
    }

    public override async Task<long> CatchUpAsync(string collection, long expected, CancellationToken cancellation)
    {
        using var connection = await RedisConnection.OpenAsync(_address, cancellation);
        var count = 0L;
        ReadOnlyMemory<byte> last = Word("0-0");
        while (await ReadAsync(connection, collection, last, waits: false, cancellation) is { Length: > 0 } entries)
        {
            count += entries.Length;
            last = IdOf(entries[^1]);
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
        var connection = await RedisConnection.OpenAsync(_address, cancellation);
        var newest = (object?[])
            (
                await connection.SendAsync(
                    cancellation,
                    Word("XREVRANGE"),
                    Word(collection),
                    Word("+"),
                    Word("-"),
                    Word("COUNT"),
                    Word("1")
                )
            )!;
        var last = newest is [{ } entry] ? IdOf(entry) : Word("0-0");
        return Watch.Begin(async end =>
        {
            using (connection)
                while (true)
                    foreach (var told1 in (await ReadAsync(connection, collection, last, waits: true, end))!)
                    {
                        last = IdOf(told1);
                        told();
                    }
        });
    }

    public override Usage Usage() => _program.Usage();

    public override ValueTask DisposeAsync()
    {
        foreach (var connection in _connections.Values)
            connection.Dispose();
        return _program.DisposeAsync();
    }

    private async Task<string> AddAsync(int caller, string collection, CancellationToken cancellation)
    {
        var connection = await OfCallerAsync(caller, cancellation);
        var id = await connection.SendAsync(
            cancellation,
            Word("XADD"),
            Word(collection),
            Word("*"),
            Word("body"),
            Content
        );
        return Encoding.ASCII.GetString((byte[])id!);
    }

    private async Task<RedisConnection> OfCallerAsync(int caller, CancellationToken cancellation)
    {
        if (!_connections.TryGetValue(caller, out var connection))
            connection = _connections[caller] = await RedisConnection.OpenAsync(_address, cancellation);
        return connection;
    }

    // The answer has one entry for each stream: its name, and what is new there.
    private static async Task<object?[]?> ReadAsync(
        RedisConnection connection,
        string collection,
        ReadOnlyMemory<byte> after,
        bool waits,
        CancellationToken cancellation
    )
    {
        ReadOnlyMemory<byte>[] wait = waits ? [Word("BLOCK"), Word("0")] : [];
        var answer = await connection.SendAsync(
            cancellation,
            [Word("XREAD"), Word("COUNT"), Word($"{PageSize}"), .. wait, Word("STREAMS"), Word(collection), after]
        );
        return answer is object?[] streams ? (object?[])((object?[])streams[0]!)[1]! : null;
    }

    private static ReadOnlyMemory<byte> IdOf(object? entry) => (byte[])((object?[])entry!)[0]!;

    private static ReadOnlyMemory<byte> Word(string text) => Encoding.ASCII.GetBytes(text);
}
