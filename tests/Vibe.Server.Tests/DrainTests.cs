using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Vibe.Data.V1;
using Vibe.Server.Tests.Sync;
using Vibe.Testing;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Vibe.Server.Tests;

/// <summary>A server that is told to stop leaves in order.</summary>
public sealed class DrainTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task It_is_not_ready_at_once_serves_until_that_is_noticed_and_lets_calls_under_way_end()
    {
        var gate = new Gate();
        var time = Calls.StandingClock();
        await using var server = await StartAsync(time, gate);
        var alice = await server.PersonAsync("alice");
        var movies = alice.Collection("movies");
        await alice.Own.CreateAsync(movies, "m1", "{}");
        await using var stream = await Follower.CaughtUpAsync(alice.Own, movies);
        var underWay = alice
            .Own.Documents.GetDocumentAsync(new GetDocumentRequest { Name = alice.Document("movies", "m1") })
            .ResponseAsync;
        await gate.EnteredAsync(1);
        Assert.Equal(ServingStatus.Serving, await HealthOf(server.GrpcAddress));

        var stopping = server.StopAsync();

        Assert.Equal(ServingStatus.NotServing, await HealthOf(server.GrpcAddress));
        await alice.Own.CreateAsync(movies, "m2", "{}");
        Assert.Equal("m2", Assert.Single((await stream.PageAsync()).Changes).DocumentId);
        await using (var late = await Follower.CaughtUpAsync(alice.Own, movies))
        {
            time.Advance(Delay);
            await late.EndsWithAsync("SERVER_STOPPING");
        }
        var end = await stream.EndAsync();
        Assert.Equal("SERVER_STOPPING", end.Reason());
        Assert.NotNull(end.GetDetail<Google.Rpc.RetryInfo>());

        Assert.False(stopping.IsCompleted || underWay.IsCompleted);
        gate.Open();
        Assert.EndsWith("m1", (await underWay).Document.Name, StringComparison.Ordinal);
        await stopping.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_call_that_does_not_end_is_cut_off_in_the_end()
    {
        var gate = new Gate();
        await using var server = await StartAsync(
            Calls.StandingClock(),
            gate,
            ("Delay", "0"),
            ("Patience", "00:00:00.2")
        );
        var alice = await server.PersonAsync("alice");
        var underWay = alice
            .Own.Documents.GetDocumentAsync(new GetDocumentRequest { Name = alice.Document("movies", "m1") })
            .ResponseAsync;
        await gate.EnteredAsync(1);

        await server.StopAsync().WaitAsync(TimeSpan.FromSeconds(30));

        var cut = await Assert.ThrowsAsync<RpcException>(() => underWay.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.NotEqual(StatusCode.OK, cut.StatusCode);
    }

    [Fact]
    public async Task A_process_that_is_terminated_says_so_to_its_gateway_and_its_streams_before_it_ends()
    {
        await using var beside = await VibeServer.StartAsync(Engine.Sqlite);
        var alice = await beside.PersonAsync("alice");
        var own = alice.Own.Token;
        await using var server = await ServerProcess.StartAsync(
            beside,
            new Dictionary<string, string?> { ["Vibe__Drain__Delay"] = "00:00:03" }
        );
        await using var stream = await Follower.CaughtUpAsync(server.With(own), alice.Collection("movies"));

        var stopping = server.StopAsync();

        while (await HealthOf(server.GrpcAddress) == ServingStatus.Serving) { }
        await stream.EndsWithAsync("SERVER_STOPPING");
        await stopping;
        Assert.Equal(0, server.ExitCode);
        Assert.Empty(server.Errors);
    }

    private static async Task<ServingStatus> HealthOf(Uri address)
    {
        // Over a connection of its own: whether new ones are taken is asked as well.
        using var channel = GrpcChannel.ForAddress(address);
        return (await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest())).Status;
    }

    private static Task<VibeServer> StartAsync(
        FakeTimeProvider time,
        Gate gate,
        params (string Name, string Value)[] settings
    ) =>
        VibeServer.StartAsync(
            new ServerSetup
            {
                Settings = settings
                    .Prepend(("Delay", $"{Delay}"))
                    .GroupBy(setting => setting.Item1, setting => setting.Item2)
                    .ToDictionary(setting => $"Vibe:Drain:{setting.Key}", setting => (string?)setting.Last()),
                Services = services =>
                {
                    services.AddSingleton<TimeProvider>(time);
                    gate.Stand(services);
                },
            }
        );
}
