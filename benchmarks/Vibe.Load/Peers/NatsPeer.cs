using System.Collections.Concurrent;
using System.Globalization;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;
using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Servers;

namespace Vibe.Load.Peers;

/// <summary>NATS, by its own client: collections are streams of JetStream in files.</summary>
internal sealed class NatsPeer : Peer
{
    private const int Writing = 4;
    private const int WatchersEach = 100;

    private readonly PeerProgram _program;
    private readonly Uri _address;
    private readonly bool _syncsEach;
    private readonly ConcurrentDictionary<int, NatsConnection> _connections = new();
    private readonly ConcurrentDictionary<(int Caller, string Collection), INatsJSStream> _streams = new();

    private NatsPeer(PeerProgram program, Uri address, bool syncsEach) =>
        (_program, _address, _syncsEach) = (program, address, syncsEach);

    /// <summary>Starts it with one of its ways to write files: synced with each write, or every two minutes.</summary>
    public static async Task<Peer> StartAsync(bool syncsEach)
    {
        var nats = PeerProgram.Find("nats-server");
        var address = MeasuredProcess.FreeAddress();
        var sync = syncsEach ? "always" : "2m";
        var program = await PeerProgram.StartAsync(
            async folder =>
            {
                var settings = Path.Combine(folder, "settings");
                await File.WriteAllTextAsync(
                    settings,
                    $$"""
                    listen: "{{address.Authority}}"
                    jetstream { store_dir: "{{folder}}/data", sync_interval: {{sync}} }
                    """
                );
                return [nats, "--config", settings];
            },
            async () =>
            {
                await using var connection = Connect(address);
                try
                {
                    await connection.ConnectAsync();
                }
                catch (NatsException exception)
                {
                    throw new IOException("NATS does not answer yet.", exception);
                }
            }
        );
        return new NatsPeer(program, address, syncsEach);
    }

    public override string Durability => _syncsEach ? "each write synced" : "synced every two minutes";

    public override string CatchingUp => "ordered consumer";

    public override string Watching => "core subscription, not resumable";

    public override async Task CreateAsync(string collection, CancellationToken cancellation) =>
        await OfCaller(0).CreateStreamAsync(new StreamConfig(collection, [collection]), cancellation);

    public override Task WriteAsync(int caller, string collection, CancellationToken cancellation) =>
        PublishAsync(caller, collection, cancellation);

    public override Task<string> StoreAsync(string collection, CancellationToken cancellation) =>
        PublishAsync(0, collection, cancellation);

    public override async Task<int> ReadAsync(
        int caller,
        string collection,
        string stored,
        CancellationToken cancellation
    )
    {
        if (!_streams.TryGetValue((caller, collection), out var stream))
            _streams[(caller, collection)] = stream = await OfCaller(caller)
                .GetStreamAsync(collection, cancellationToken: cancellation);
        var request = new StreamMsgGetRequest { Seq = ulong.Parse(stored, CultureInfo.InvariantCulture) };
        return (await stream.GetAsync(request, cancellation)).Message.Data.Length;
    }

    public override async Task<long> CountAsync(string collection, CancellationToken cancellation) =>
        (await OfCaller(0).GetStreamAsync(collection, cancellationToken: cancellation)).Info.State.Messages;

    public override async Task<long> CatchUpAsync(string collection, long expected, CancellationToken cancellation)
    {
        var consumer = await OfCaller(0).CreateOrderedConsumerAsync(collection, cancellationToken: cancellation);
        var count = 0L;
        await foreach (var message in consumer.ConsumeAsync<byte[]>(cancellationToken: cancellation))
            if (++count >= expected && message.Metadata is { NumPending: 0 })
                break;
        return count;
    }

    public override async Task<Watch> WatchAsync(
        int subscriber,
        string collection,
        Action told,
        CancellationToken cancellation
    )
    {
        var connection = Get(Writing + subscriber / WatchersEach);
        var subscription = await connection.SubscribeCoreAsync<byte[]>(collection, cancellationToken: cancellation);
        // What was sent before its answer has reached the server.
        await connection.PingAsync(cancellation);
        return Watch.Begin(async end =>
        {
            await using (subscription)
                await foreach (var _ in subscription.Msgs.ReadAllAsync(end))
                    told();
            end.ThrowIfCancellationRequested();
            throw new LoadException("A subscriber of NATS was cut off.");
        });
    }

    public override Usage Usage() => _program.Usage();

    public override async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections.Values)
            await connection.DisposeAsync();
        await _program.DisposeAsync();
    }

    private async Task<string> PublishAsync(int caller, string collection, CancellationToken cancellation)
    {
        var written = await OfCaller(caller).PublishAsync(collection, Body.Json, cancellationToken: cancellation);
        written.EnsureSuccess();
        return $"{written.Seq}";
    }

    private NatsJSContext OfCaller(int caller) => new(Get(caller % Writing));

    private NatsConnection Get(int number) => _connections.GetOrAdd(number, _ => Connect(_address));

    private static NatsConnection Connect(Uri address) => new(new NatsOpts { Url = $"nats://{address.Authority}" });
}
