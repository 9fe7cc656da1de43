using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using Vibe.Client.Calls;
using Vibe.Client.Tests.Scripted;
using Vibe.Identity.V1;
using Xunit;

namespace Vibe.Client.Tests.Calls;

public sealed class EndpointsTests
{
    private const string Given = "https://vibe.example";
    private const string Data = "vibe.data.v1";

    private readonly FakeTimeProvider _time = new();
    private readonly Endpoints _endpoints;
    private int _asked;
    private string _data = "https://one.vibe.example";

    public EndpointsTests() =>
        _endpoints = new Endpoints(Given, _ => Task.FromResult(Answer()), _time, _ => { }, Patience.Stop);

    [Theory]
    [InlineData("https://VIBE.example:443/", "https://Data.vibe.example:443", "https://data.vibe.example")]
    [InlineData("https://vibe.example:8443", "https://data.vibe.example", null)]
    [InlineData(Given, "http://data.vibe.example", null)]
    [InlineData(Given, "https://data.vibe.example/below", null)]
    [InlineData(Given, "https://me@data.vibe.example", null)]
    [InlineData(Given, "data.vibe.example", null)]
    public void What_is_named_is_used_where_the_given_address_is_named_and_the_other_can_be_reached(
        string named,
        string data,
        string? reached
    )
    {
        var elsewhere = Routes.Elsewhere(Given, [At(named, "vibe.identity.v1"), At(data, Data)]);

        Assert.Equal(reached, elsewhere.GetValueOrDefault(Data));
    }

    [Fact]
    public async Task The_server_is_asked_again_after_five_minutes()
    {
        await AskAsync();
        _time.Advance(TimeSpan.FromSeconds(299));
        await AskAsync();
        Assert.Equal(1, _asked);

        _time.Advance(TimeSpan.FromSeconds(1));
        await AskAsync();
        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task An_address_that_cannot_be_reached_is_corrected_within_seconds()
    {
        await AskAsync();
        _data = "https://two.vibe.example";
        _endpoints.Doubt("https://one.vibe.example");
        await AskAsync();
        Assert.Equal("https://one.vibe.example", _endpoints.Of(Data));

        _time.Advance(TimeSpan.FromSeconds(5));
        await AskAsync();
        Assert.Equal("https://two.vibe.example", _endpoints.Of(Data));
    }

    [Fact]
    public async Task The_given_address_is_never_in_doubt()
    {
        await AskAsync();
        _endpoints.Doubt(Given);
        _time.Advance(TimeSpan.FromSeconds(5));
        await AskAsync();

        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task An_address_that_does_not_know_the_method_is_corrected_unless_the_server_has_just_named_it()
    {
        await AskAsync();
        _data = "https://two.vibe.example";
        Assert.False(await _endpoints.HasMovedAsync(Data, "https://one.vibe.example", Patience.Stop));

        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.True(await _endpoints.HasMovedAsync(Data, "https://one.vibe.example", Patience.Stop));
        Assert.Equal("https://two.vibe.example", _endpoints.Of(Data));
    }

    private async Task AskAsync()
    {
        _endpoints.AskBeside();
        await _endpoints.EndAsync();
    }

    private GetServerResponse Answer()
    {
        _asked++;
        return new GetServerResponse { Endpoints = { At(Given, "vibe.identity.v1"), At(_data, Data) } };
    }

    private static Endpoint At(string address, string package) =>
        new()
        {
            Address = address,
            Protocols = { Protocol.Grpc },
            Packages = { package },
        };
}
