using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Net.Client;

namespace Vibe.Client.Calls;

/// <summary>One channel for each address in use, all made alike; each connects with its first call.</summary>
internal sealed class Channels(GrpcChannelOptions options) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<GrpcChannel> _channels = [];
    private readonly ConcurrentDictionary<string, CallInvoker> _invokers = new(StringComparer.Ordinal);
    private bool _isClosed;

    public CallInvoker At(string address) => _invokers.TryGetValue(address, out var invoker) ? invoker : Open(address);

    public void Dispose()
    {
        lock (_lock)
        {
            _isClosed = true;
            _channels.ForEach(channel => channel.Dispose());
        }
    }

    private CallInvoker Open(string address)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(VibeClient));
            return _invokers.GetOrAdd(
                address,
                _ =>
                {
                    var channel = GrpcChannel.ForAddress(address, options);
                    _channels.Add(channel);
                    return channel.CreateCallInvoker();
                }
            );
        }
    }
}
