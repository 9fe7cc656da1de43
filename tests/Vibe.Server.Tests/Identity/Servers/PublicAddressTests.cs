using Vibe.Hosting;
using Vibe.Identity.V1;
using Vibe.Testing;
using Xunit;

namespace Vibe.Server.Tests.Identity.Servers;

/// <summary>Every address of a server says the same of all of them.</summary>
public sealed class PublicAddressTests
{
    private static readonly string[] All = ["vibe.consent.v1", "vibe.data.v1", "vibe.identity.v1", "vibe.sync.v1"];

    [Theory]
    [InlineData("all")]
    [InlineData("data")]
    [InlineData("identity")]
    public async Task A_process_says_where_each_role_is_whatever_its_own_are(string role)
    {
        var described = await DescribedAsync(
            role,
            "identity, consent = https://id.vibe.example:8443/",
            "data,grpc=http://10.0.0.2:5280",
            "data,web=http://10.0.0.2:5281",
            "https://vibe.example"
        );

        Assert.Equal(All, described.Packages);
        Assert.Equal(
            [
                "https://id.vibe.example:8443 Grpc GrpcWeb Rest vibe.consent.v1 vibe.identity.v1",
                "http://10.0.0.2:5280 Grpc vibe.data.v1",
                "http://10.0.0.2:5281 GrpcWeb Rest vibe.data.v1",
                "https://vibe.example Grpc GrpcWeb Rest vibe.consent.v1 vibe.data.v1 vibe.identity.v1 vibe.sync.v1",
            ],
            described.Endpoints.Select(endpoint =>
                string.Join(' ', [endpoint.Address, .. endpoint.Protocols.Select(p => $"{p}"), .. endpoint.Packages])
            )
        );
    }

    [Fact]
    public async Task A_process_that_was_told_no_address_says_what_it_serves_where_it_listens()
    {
        var described = await DescribedAsync("data,sync");

        Assert.Equal(["vibe.data.v1", "vibe.sync.v1"], described.Packages);
        Assert.All(described.Endpoints, endpoint => Assert.Equal(described.Packages, endpoint.Packages));
        Assert.Equal(
            [
                [Protocol.Grpc],
                [Protocol.GrpcWeb, Protocol.Rest],
            ],
            described.Endpoints.Select(endpoint => endpoint.Protocols.ToArray())
        );
    }

    [Theory]
    [InlineData("vibe.example")]
    [InlineData("ftp://vibe.example")]
    [InlineData("data=")]
    [InlineData("dta=https://vibe.example")]
    public async Task An_address_that_cannot_be_read_keeps_the_server_from_starting(string address)
    {
        var refusal = await Assert.ThrowsAsync<StartupException>(() => DescribedAsync("all", address));

        Assert.Contains("Vibe:PublicAddresses", refusal.Message, StringComparison.Ordinal);
    }

    private static async Task<GetServerResponse> DescribedAsync(string roles, params string[] addresses)
    {
        var settings = new Dictionary<string, string?> { ["Vibe:Roles"] = roles };
        foreach (var (index, address) in addresses.Index())
            settings[$"Vibe:PublicAddresses:{index}"] = address;
        await using var server = await VibeServer.StartAsync(new ServerSetup { Settings = settings });
        return await new ServerService.ServerServiceClient(server.Channel).GetServerAsync(new GetServerRequest());
    }
}
