using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Vibe.Consent.V1;
using Vibe.Data.V1;
using Vibe.Identity.V1;
using Vibe.Sync.V1;
using Vibe.Testing.Telemetry;

namespace Vibe.Testing;

/// <summary>Somebody at the front door, with a token or without: the services of the contract over each protocol.</summary>
public sealed class Actor
{
    private readonly GrpcChannel _webChannel;
    private readonly Uri _web;
    private readonly Func<HttpMessageHandler> _handler = () => new HttpClientHandler();
    private readonly CanaryInterceptor? _canary;

    internal Actor(VibeServer server, string? token)
        : this(server.Channel, server.WebChannel, server.WebAddress, token)
    {
        var caller = server.CallerOf(token);
        _handler = () => new CanaryHandler(server.Canaries, caller);
        _canary = new CanaryInterceptor(server.Canaries, caller);
        Invoker = Invoker.Intercept(_canary);
    }

    internal Actor(ServerProcess server, string? token)
        : this(server.Channel, server.WebChannel, server.WebAddress, token) { }

    private Actor(GrpcChannel channel, GrpcChannel webChannel, Uri web, string? token)
    {
        (_webChannel, _web) = (webChannel, web);
        Token = token;
        Invoker = Bearing(channel.CreateCallInvoker());
    }

    public string? Token { get; }

    /// <summary>Calls over gRPC.</summary>
    public CallInvoker Invoker { get; }

    public DocumentService.DocumentServiceClient Documents => new(Invoker);
    public CollectionService.CollectionServiceClient Collections => new(Invoker);
    public SyncService.SyncServiceClient Sync => new(Invoker);
    public GrantService.GrantServiceClient Grants => new(Invoker);
    public AppService.AppServiceClient Apps => new(Invoker);
    public AccountService.AccountServiceClient Accounts => new(Invoker);

    /// <summary>Calls over gRPC-web.</summary>
    public CallInvoker WebInvoker
    {
        get
        {
            var invoker = Bearing(_webChannel.CreateCallInvoker());
            return _canary is null ? invoker : invoker.Intercept(_canary);
        }
    }

    /// <summary>Calls over REST.</summary>
    public HttpClient Rest()
    {
        var client = new HttpClient(_handler()) { BaseAddress = _web };
        if (Token is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        return client;
    }

    private CallInvoker Bearing(CallInvoker invoker) =>
        Token is null
            ? invoker
            : invoker.Intercept(metadata =>
            {
                metadata.Add("authorization", $"Bearer {Token}");
                return metadata;
            });
}
