using Grpc.Core;
using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Servers;
using Vibe.Sync.V1;
using Vibe.Testing;

namespace Vibe.Load.Peers;

/// <summary>Vibe itself, called by an app with a grant; each collection is in another person's space.</summary>
internal sealed class VibePeer : Peer
{
    private readonly VibeSubject _vibe;
    private readonly PeerChannels _channels;
    private readonly Dictionary<string, (Place Place, Call Create, byte[] Message)> _places = [];

    private VibePeer(VibeSubject vibe) => (_vibe, _channels) = (vibe, new PeerChannels(vibe.Address));

    public static async Task<Peer> StartAsync(Engine engine, int collections) =>
        new VibePeer(await VibeSubject.StartAsync(engine, collections));

    public override string Durability => "each write synced";

    public override string CatchingUp => "Subscribe";

    public override string Watching => "Subscribe, resumable";

    public override Task CreateAsync(string collection, CancellationToken cancellation)
    {
        var place = _vibe.NewPlace();
        var create = place.Create;
        _places[collection] = (place, create, create.Copy());
        return Task.CompletedTask;
    }

    public override Task WriteAsync(int caller, string collection, CancellationToken cancellation)
    {
        var (_, create, message) = _places[collection];
        return create.SendAsync(_channels.OfCaller(caller), message, cancellation);
    }

    public override Task<string> StoreAsync(string collection, CancellationToken cancellation) =>
        _places[collection].Place.StoreAsync(cancellation);

    public override Task<int> ReadAsync(int caller, string collection, string stored, CancellationToken cancellation)
    {
        var get = _places[collection].Place.Get(stored);
        return get.SendAsync(_channels.OfCaller(caller), get.Copy(), cancellation);
    }

    public override Task<long> CountAsync(string collection, CancellationToken cancellation) =>
        _places[collection].Place.CountAsync(cancellation);

    public override async Task<long> CatchUpAsync(string collection, long expected, CancellationToken cancellation)
    {
        var count = 0L;
        using var call = Subscribe(_channels.OfCaller(0), collection, cancellation);
        while (await NextPageAsync(call, cancellation) is { } page)
        {
            count += page.Changes.Count;
            if (page.Checkpoint is not null)
                break;
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
        var caughtUp = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var watch = Watch.Begin(end =>
            ListenAsync(_channels.OfSubscriber(subscriber), collection, told, caughtUp, end)
        );
        await await Task.WhenAny(caughtUp.Task, watch.Broken).WaitAsync(cancellation);
        return watch;
    }

    public override Usage Usage() => _vibe.Usage();

    public override async ValueTask DisposeAsync()
    {
        _channels.Dispose();
        await _vibe.DisposeAsync();
    }

    private async Task ListenAsync(
        CallInvoker invoker,
        string collection,
        Action told,
        TaskCompletionSource caughtUp,
        CancellationToken end
    )
    {
        using var call = Subscribe(invoker, collection, end);
        while (await NextPageAsync(call, end) is { } page)
        {
            if (caughtUp.Task.IsCompleted)
                for (var change = 0; change < page.Changes.Count; change++)
                    told();
            else if (page.Checkpoint is not null)
                caughtUp.SetResult();
        }
        throw new LoadException("A subscriber of Vibe was cut off.");
    }

    private AsyncServerStreamingCall<SubscribeResponse> Subscribe(
        CallInvoker invoker,
        string collection,
        CancellationToken cancellation
    ) =>
        new SyncService.SyncServiceClient(invoker).Subscribe(
            new SubscribeRequest { Scope = new Scope { Collection = $"spaces/me/collections/{VibePlace.Collection}" } },
            new Metadata { { "authorization", $"Bearer {_places[collection].Create.Token}" } },
            cancellationToken: cancellation
        );

    private static async Task<Page?> NextPageAsync(
        AsyncServerStreamingCall<SubscribeResponse> call,
        CancellationToken cancellation
    )
    {
        while (await call.ResponseStream.MoveNext(cancellation))
            switch (call.ResponseStream.Current.EventCase)
            {
                case SubscribeResponse.EventOneofCase.Page:
                    return call.ResponseStream.Current.Page;
                case SubscribeResponse.EventOneofCase.ScopeEnded:
                case SubscribeResponse.EventOneofCase.End:
                    throw new LoadException($"Vibe ended a stream: {call.ResponseStream.Current}");
            }
        return null;
    }
}
