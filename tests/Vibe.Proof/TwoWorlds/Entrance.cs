using System.Net;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;
using Vibe.Testing;

namespace Vibe.Proof.TwoWorlds;

/// <summary>Where watchers come in: at the server itself, or through an Envoy in front of it.</summary>
internal sealed class Entrance : IAsyncDisposable
{
    private readonly Envoy? _envoy;
    private readonly GrpcChannel? _channel;
    private readonly GrpcChannel? _webChannel;

    private Entrance(HttpClient rest) => Rest = rest;

    private Entrance(Envoy envoy)
    {
        _envoy = envoy;
        Rest = envoy.Rest(null);
        _channel = ChannelOver(envoy.Handler());
        _webChannel = ChannelOver(new GrpcWebHandler(GrpcWebMode.GrpcWeb, envoy.Handler()));

        GrpcChannel ChannelOver(HttpMessageHandler handler) =>
            GrpcChannel.ForAddress(
                envoy.Address,
                new GrpcChannelOptions
                {
                    HttpHandler = handler,
                    HttpVersion = HttpVersion.Version20,
                    DisposeHttpClient = true,
                    MaxReceiveMessageSize = null,
                }
            );
    }

    /// <summary>Connections for REST.</summary>
    public HttpClient Rest { get; }

    /// <summary>Opens the way to a server.</summary>
    /// <param name="server">The server.</param>
    /// <param name="isThroughEnvoy">Whether an Envoy is started in front of it; the test is skipped, visibly, without one.</param>
    public static async Task<Entrance> ToAsync(VibeServer server, bool isThroughEnvoy) =>
        isThroughEnvoy
            ? new Entrance(await Envoy.StartAsync(server.GrpcAddress))
            : new Entrance(new HttpClient { BaseAddress = server.WebAddress });

    /// <summary>Calls of somebody over gRPC.</summary>
    public CallInvoker Grpc(Actor actor) => _channel is null ? actor.Invoker : Bearing(_channel, actor);

    /// <summary>Calls of somebody over gRPC-web.</summary>
    public CallInvoker Web(Actor actor) => _webChannel is null ? actor.WebInvoker : Bearing(_webChannel, actor);

    public async ValueTask DisposeAsync()
    {
        Rest.Dispose();
        _channel?.Dispose();
        _webChannel?.Dispose();
        if (_envoy is not null)
            await _envoy.DisposeAsync();
    }

    private static CallInvoker Bearing(GrpcChannel channel, Actor actor) =>
        channel.Intercept(metadata =>
        {
            metadata.Add("authorization", $"Bearer {actor.Token}");
            return metadata;
        });
}
