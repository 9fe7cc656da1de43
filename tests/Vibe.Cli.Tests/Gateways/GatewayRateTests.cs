using System.Net;
using System.Text.Json.Nodes;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;
using Vibe.Identity.V1;
using Vibe.Testing;

namespace Vibe.Cli.Tests.Gateways;

/// <summary>A gateway that lets one call in, with a server behind it.</summary>
public sealed class NarrowGateway : IAsyncLifetime
{
    private VibeServer? _server;
    private Envoy? _envoy;

    public Envoy Envoy => _envoy!;

    public async ValueTask InitializeAsync()
    {
        _server = await VibeServer.StartAsync(Engine.Sqlite);
        _envoy = await Envoy.StartAsync(
            [_server.GrpcAddress.Authority],
            edit: configuration =>
                configuration.Replace(
                    "max_tokens: 4000, tokens_per_fill: 2000, fill_interval: 1s",
                    "max_tokens: 1, tokens_per_fill: 1, fill_interval: 86400s",
                    StringComparison.Ordinal
                )
        );
        using var rest = _envoy.Rest(null);
        using var first = await rest.GetAsync("/.well-known/vibe");
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
    }

    public async ValueTask DisposeAsync()
    {
        if (_envoy is not null)
            await _envoy.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
    }
}

/// <summary>Whom a gateway asks to wait is told for how long, as by a server.</summary>
public sealed class GatewayRateTests(NarrowGateway gateway) : IClassFixture<NarrowGateway>
{
    private const string Reason = "TOO_MANY_CALLS";

    [Fact]
    public async Task Over_rest_it_says_when_to_come_back()
    {
        using var rest = gateway.Envoy.Rest(null);

        using var answer = await rest.GetAsync("/v1/spaces/me/collections");

        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(["1"], answer.Headers.GetValues("retry-after"));
        var status = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal((int)Code.ResourceExhausted, status["code"]!.GetValue<int>());
        Assert.Equal(Reason, DetailOf(status, "google.rpc.ErrorInfo")["reason"]!.GetValue<string>());
        Assert.Equal("vibe", DetailOf(status, "google.rpc.ErrorInfo")["domain"]!.GetValue<string>());
        Assert.Equal("1s", DetailOf(status, "google.rpc.RetryInfo")["retryDelay"]!.GetValue<string>());
    }

    [Theory]
    [InlineData(null)]
    [InlineData(GrpcWebMode.GrpcWeb)]
    [InlineData(GrpcWebMode.GrpcWebText)]
    public async Task Over_grpc_it_says_when_to_come_back(GrpcWebMode? web)
    {
        using var channel = GrpcChannel.ForAddress(
            gateway.Envoy.Address,
            new GrpcChannelOptions
            {
                HttpHandler = web is { } mode
                    ? new GrpcWebHandler(mode, gateway.Envoy.Handler())
                    : gateway.Envoy.Handler(),
                DisposeHttpClient = true,
            }
        );

        var refused = await Assert.ThrowsAsync<RpcException>(async () =>
            await new ServerService.ServerServiceClient(channel).GetServerAsync(new GetServerRequest())
        );

        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        var status = refused.GetRpcStatus()!;
        Assert.Equal(refused.Status.Detail, status.Message);
        Assert.Equal((Reason, "vibe"), (status.GetDetail<ErrorInfo>()!.Reason, status.GetDetail<ErrorInfo>()!.Domain));
        Assert.Equal(1, status.GetDetail<RetryInfo>()!.RetryDelay.Seconds);
    }

    [Fact]
    public async Task A_page_of_another_origin_can_read_it()
    {
        using var rest = gateway.Envoy.Rest(null);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/spaces/me/collections");
        request.Headers.Add("origin", "https://app.example");

        using var answer = await rest.SendAsync(request);

        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.Equal(["https://app.example"], answer.Headers.GetValues("access-control-allow-origin"));
        Assert.Contains(
            "retry-after",
            Assert.Single(answer.Headers.GetValues("access-control-expose-headers")),
            StringComparison.Ordinal
        );
    }

    private static JsonNode DetailOf(JsonNode status, string type) =>
        Assert.Single(
            status["details"]!.AsArray(),
            detail => detail!["@type"]!.GetValue<string>() == $"type.googleapis.com/{type}"
        )!;
}
