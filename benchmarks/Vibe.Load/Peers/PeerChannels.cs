using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Net.Client;

namespace Vibe.Load.Peers;

/// <summary>The connections to a peer that speaks gRPC: a few for those who write, and one for each hundred who watch.</summary>
internal sealed class PeerChannels(Uri address) : IDisposable
{
    private const int Writing = 4;
    private const int WatchersEach = 100;

    private readonly ConcurrentDictionary<int, Lazy<GrpcChannel>> _channels = new();

    public CallInvoker OfCaller(int caller) => Get(caller % Writing);

    public CallInvoker OfSubscriber(int subscriber) => Get(Writing + subscriber / WatchersEach);

    public void Dispose()
    {
        foreach (var channel in _channels.Values)
            channel.Value.Dispose();
    }

    private CallInvoker Get(int number) =>
        _channels.GetOrAdd(number, _ => new Lazy<GrpcChannel>(Connect)).Value.CreateCallInvoker();

    private GrpcChannel Connect() =>
        GrpcChannel.ForAddress(
            address,
            new GrpcChannelOptions
            {
                HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = false },
                DisposeHttpClient = true,
                MaxReceiveMessageSize = null,
            }
        );
}
