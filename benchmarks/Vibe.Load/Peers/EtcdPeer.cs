using Google.Protobuf;
using Grpc.Core;
using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Peers.Etcd;
using Vibe.Load.Servers;

namespace Vibe.Load.Peers;

/// <summary>etcd, by gRPC: documents are keys below a prefix, and those who catch up or watch use one watch each.</summary>
internal sealed class EtcdPeer : Peer
{
    private static readonly ByteString Content = ByteString.CopyFrom(Body.Json);

    private readonly PeerProgram _program;
    private readonly PeerChannels _channels;

    private EtcdPeer(PeerProgram program, Uri address) => (_program, _channels) = (program, new PeerChannels(address));

    public static async Task<Peer> StartAsync()
    {
        var etcd = PeerProgram.Find("etcd");
        var (address, among) = (MeasuredProcess.FreeAddress(), MeasuredProcess.FreeAddress());
        using var channels = new PeerChannels(address);
        var client = new KV.KVClient(channels.OfCaller(0));
        var program = await PeerProgram.StartAsync(
            folder =>
                Task.FromResult<string[]>([
                    etcd,
                    "--name=peer",
                    $"--data-dir={folder}/data",
                    $"--listen-client-urls={Url(address)}",
                    $"--advertise-client-urls={Url(address)}",
                    $"--listen-peer-urls={Url(among)}",
                    $"--initial-advertise-peer-urls={Url(among)}",
                    $"--initial-cluster=peer={Url(among)}",
                    "--log-level=error",
                ]),
            async () => await client.RangeAsync(new RangeRequest { Key = Key("any") })
        );
        return new EtcdPeer(program, address);
    }

    public override string Durability => "each write synced";

    public override string CatchingUp => "watch from the first revision";

    public override string Watching => "watch, resumable";

    public override Task CreateAsync(string collection, CancellationToken cancellation) => Task.CompletedTask;

    public override Task WriteAsync(int caller, string collection, CancellationToken cancellation) =>
        PutAsync(caller, collection, cancellation);

    public override Task<string> StoreAsync(string collection, CancellationToken cancellation) =>
        PutAsync(0, collection, cancellation);

    public override async Task<int> ReadAsync(
        int caller,
        string collection,
        string stored,
        CancellationToken cancellation
    )
    {
        var answer = await new KV.KVClient(_channels.OfCaller(caller)).RangeAsync(
            new RangeRequest { Key = Key(stored) },
            cancellationToken: cancellation
        );
        return answer.Kvs.Sum(found => found.Value.Length);
    }

    public override async Task<long> CountAsync(string collection, CancellationToken cancellation)
    {
        var all = new RangeRequest
        {
            Key = Key($"{collection}/"),
            RangeEnd = Key($"{collection}0"),
            CountOnly = true,
        };
        return (await new KV.KVClient(_channels.OfCaller(0)).RangeAsync(all, cancellationToken: cancellation)).Count;
    }

    public override async Task<long> CatchUpAsync(string collection, long expected, CancellationToken cancellation)
    {
        var count = 0L;
        using var call = await OpenAsync(_channels.OfCaller(0), collection, 1, cancellation);
        while (count < expected && await call.ResponseStream.MoveNext(cancellation))
            count += call.ResponseStream.Current.Events.Count;
        return count;
    }

    public override async Task<Watch> WatchAsync(
        int subscriber,
        string collection,
        Action told,
        CancellationToken cancellation
    )
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var watch = Watch.Begin(async end =>
        {
            using var call = await OpenAsync(_channels.OfSubscriber(subscriber), collection, 0, end);
            while (await call.ResponseStream.MoveNext(end))
            {
                var answer = call.ResponseStream.Current;
                if (answer.Canceled)
                    break;
                if (answer.Created)
                    begun.SetResult();
                for (var each = 0; each < answer.Events.Count; each++)
                    told();
            }
            throw new LoadException("A subscriber of etcd was cut off.");
        });
        await await Task.WhenAny(begun.Task, watch.Broken).WaitAsync(cancellation);
        return watch;
    }

    public override Usage Usage() => _program.Usage();

    public override ValueTask DisposeAsync()
    {
        _channels.Dispose();
        return _program.DisposeAsync();
    }

    private async Task<string> PutAsync(int caller, string collection, CancellationToken cancellation)
    {
        var key = $"{collection}/{Guid.CreateVersion7():n}";
        await new KV.KVClient(_channels.OfCaller(caller)).PutAsync(
            new PutRequest { Key = Key(key), Value = Content },
            cancellationToken: cancellation
        );
        return key;
    }

    private static async Task<AsyncDuplexStreamingCall<WatchRequest, WatchResponse>> OpenAsync(
        CallInvoker invoker,
        string collection,
        long fromRevision,
        CancellationToken cancellation
    )
    {
        var call = new Etcd.Watch.WatchClient(invoker).Watch(cancellationToken: cancellation);
        await call.RequestStream.WriteAsync(
            new WatchRequest
            {
                CreateRequest = new WatchCreateRequest
                {
                    Key = Key($"{collection}/"),
                    RangeEnd = Key($"{collection}0"),
                    StartRevision = fromRevision,
                },
            },
            cancellation
        );
        return call;
    }

    // The sign behind '/' is '0': everything below a prefix lies between them.
    private static ByteString Key(string text) => ByteString.CopyFromUtf8(text);

    private static string Url(Uri address) => address.ToString().TrimEnd('/');
}
