using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Vibe.Testing;

namespace Vibe.Server.Tests.Telemetry;

/// <summary>Every server of every test is searched, when it stops, for what must not be where operators look.</summary>
public sealed class CanaryTests
{
    private static readonly ActivitySource Source = new("Vibe.CanaryTests");
    private static readonly Meter Meter = new("Vibe.CanaryTests");

    public static TheoryData<string> Places => ["message", "scope", "exception", "span", "metric"];

    [Theory, MemberData(nameof(Places))]
    public Task A_token_that_gets_out_is_found(string place) =>
        FindsAsync(place, (_, alice) => Task.FromResult(alice.Own.Token!));

    [Theory, MemberData(nameof(Places))]
    public Task The_id_of_a_person_that_gets_out_is_found(string place) =>
        FindsAsync(place, (_, alice) => Task.FromResult(alice.Id));

    [Theory, MemberData(nameof(Places))]
    public Task A_body_that_gets_out_is_found(string place) =>
        FindsAsync(
            place,
            async (_, alice) =>
            {
                var body = $$"""{"Title":"{{Guid.NewGuid()}}"}""";
                await alice.Own.CreateAsync(alice.Collection("movies"), "m1", body);
                return body;
            }
        );

    [Fact]
    public async Task A_server_that_tells_nothing_stops_in_peace()
    {
        await using var server = await VibeServer.StartAsync(Engine.Sqlite);
        var alice = await server.PersonAsync("alice");
        await alice.Own.CreateAsync(alice.Collection("movies"), "m1", """{"Title":"Arrival of Spring"}""");
    }

    private static async Task FindsAsync(string place, Func<VibeServer, Person, Task<string>> secret)
    {
        var server = await VibeServer.StartAsync(Engine.Sqlite);
        var alice = await server.PersonAsync("alice");
        Leak(place, await secret(server, alice), server.Services.GetRequiredService<ILogger<VibeHostOfTests>>());

        var found = await Assert.ThrowsAsync<InvalidOperationException>(async () => await server.DisposeAsync());

        Assert.Contains("must not", found.Message, StringComparison.Ordinal);
    }

    private static void Leak(string place, string secret, ILogger logger)
    {
        switch (place)
        {
            case "message":
                logger.LogTrace("Here is {Secret}", secret);
                break;
            case "scope":
                using (logger.BeginScope("in {Secret}", secret))
                    logger.LogTrace("Here is nothing");
                break;
            case "exception":
                logger.LogDebug(new InvalidOperationException($"There is {secret}"), "It failed");
                break;
            case "span":
                using (var span = Source.StartActivity("leak"))
                    span!.SetTag("secret", secret);
                break;
            case "metric":
                Meter.CreateCounter<long>("leaks").Add(1, new KeyValuePair<string, object?>("secret", secret));
                break;
        }
    }

    private sealed class VibeHostOfTests;
}
