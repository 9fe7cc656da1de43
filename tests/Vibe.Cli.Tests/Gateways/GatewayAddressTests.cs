using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Vibe.Testing;

namespace Vibe.Cli.Tests.Gateways;

/// <summary>A server behind a gateway that it trusts counts calls by the address of who is connected to that.</summary>
public sealed class GatewayAddressTests
{
    // The gateway itself asks for health, once a second.
    private const int Rate = 50;

    // Far fewer than it lets in at once when it is told nothing.
    private const int Many = 500;

    [Fact]
    public async Task A_client_has_the_address_that_it_connects_from_and_cannot_choose_another()
    {
        await using var server = await VibeServer.StartAsync(
            new ServerSetup
            {
                Settings = new Dictionary<string, string?>
                {
                    ["Vibe:TrustedProxies"] = "127.0.0.1",
                    ["Vibe:Limits:StrangerRate"] = "0",
                    ["Vibe:Limits:AddressRate"] = $"{Rate}",
                    ["Vibe:Limits:RateWindow"] = "00:00:01",
                },
                Services = services => services.AddSingleton<TimeProvider>(new StandingClock()),
            }
        );
        await using var envoy = await Envoy.StartAsync(server.GrpcAddress);
        using var one = envoy.Rest(null, "127.0.0.2");
        using var other = envoy.Rest(null, "127.0.0.3");

        for (var call = 0; call < Rate; call++)
            Assert.Equal(HttpStatusCode.OK, (await AskAsync(one, $"203.0.113.{call}")).StatusCode);

        using var refused = await AskAsync(one, "203.0.113.99");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(["1"], refused.Headers.GetValues("retry-after"));
        Assert.Contains("TOO_MANY_CALLS", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(other, "127.0.0.2")).StatusCode);
    }

    [Fact]
    public async Task The_gateway_itself_lets_an_address_in_as_often_as_it_was_told()
    {
        await using var server = await VibeServer.StartAsync(Engine.Sqlite);
        await using var envoy = await Envoy.StartAsync([server.GrpcAddress.Authority], ["--address-rate", "1"]);
        using var client = envoy.Rest(null, "127.0.0.2");

        var last = HttpStatusCode.OK;
        for (var call = 0; call < Many && last == HttpStatusCode.OK; call++)
            last = (await AskAsync(client, "203.0.113.1")).StatusCode;

        Assert.Equal(HttpStatusCode.TooManyRequests, last);
    }

    private static Task<HttpResponseMessage> AskAsync(HttpClient client, string claimed)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/vibe");
        request.Headers.Add("x-forwarded-for", claimed);
        return client.SendAsync(request);
    }

    private sealed class StandingClock : TimeProvider
    {
        private readonly long _now = System.GetTimestamp();

        public override long GetTimestamp() => _now;
    }
}
