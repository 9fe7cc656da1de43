using Grpc.Net.Client;
using Vibe.Load.Measures;

namespace Vibe.Load.Servers;

/// <summary>A server that is measured: Vibe, or its twin.</summary>
internal abstract class Subject(Uri address) : IAsyncDisposable
{
    public Uri Address { get; } = address;

    /// <summary>For the few calls that are not measured.</summary>
    public GrpcChannel Channel { get; } =
        GrpcChannel.ForAddress(address, new GrpcChannelOptions { MaxReceiveMessageSize = null });

    /// <summary>Gives a place that nobody has used, where there is one.</summary>
    public abstract Place NewPlace();

    /// <summary>Tells what it has used, where its process can be seen.</summary>
    public abstract Usage? Usage();

    public virtual ValueTask DisposeAsync()
    {
        Channel.Dispose();
        return default;
    }
}
