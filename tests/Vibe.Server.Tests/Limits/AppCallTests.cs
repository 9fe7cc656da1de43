using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;
using Vibe.Access.V1;
using Vibe.Data.V1;
using Vibe.Server.Tests.Door;
using Vibe.Server.Tests.Hostile;
using Vibe.Server.Tests.Sync;
using Vibe.Testing;

namespace Vibe.Server.Tests.Limits;

/// <summary>How many calls of one app run at once, and what becomes of those beyond (R17).</summary>
public sealed class AppCallTests
{
    private const string Movies = "movies";

    private static readonly Dictionary<string, string?> TwoAndOne = new()
    {
        ["Vibe:Limits:AppCalls"] = "2",
        ["Vibe:Limits:AppCallsWaiting"] = "1",
    };

    [Fact]
    public async Task An_app_that_floods_the_server_waits_for_itself_and_stands_in_nobodys_way()
    {
        var gate = new Gate();
        await using var server = await StartAsync(gate);
        using var wire = new Wire(server);
        var alice = await server.PersonAsync("alice");
        var bob = await server.PersonAsync("bob");
        await alice.Own.CreateAsync(alice.Collection(Movies), "m1", "{}");
        var flooding = await alice.AppAsync("flooding", new Allow(Movies, [Operation.Read], "*"));
        var quiet = await alice.AppAsync("quiet", new Allow(Movies, [Operation.Read], "*"));
        var forBob = await bob.AllowAsync(flooding.App, new Allow(Movies, [Operation.Read], "*"));
        var request = new GetDocumentRequest { Name = alice.Document(Movies, "m1") };

        var running = await RunningAsync(gate, flooding.Actor, request);
        var waiting = await WaitingAsync(wire, flooding.Actor, request);
        await RefusedAtEveryDoorAsync(wire, flooding.Actor, request);
        await RefusedAtEveryDoorAsync(wire, forBob.Actor, new GetDocumentRequest { Name = bob.Document(Movies, "m1") });

        await DocumentCalls.ListAsync(quiet.Actor, alice.Collection(Movies));
        await using (var stream = await Follower.CaughtUpAsync(flooding.Actor, alice.Collection(Movies)))
        {
            await flooding.RevokeAsync();
            await stream.EndsWithAsync("GRANT_REVOKED");
        }

        gate.Open();
        foreach (var call in running)
            Assert.Equal("GRANT_REVOKED", (await Refused.Async(() => call)).Reason());
        Assert.Equal("GRANT_REVOKED", (await Refused.Async(() => waiting)).Reason());
        Assert.Empty((await DocumentCalls.ListAsync(forBob.Actor, bob.Collection(Movies))).Documents);
    }

    [Fact]
    public async Task A_call_that_waits_for_its_app_ends_at_its_deadline_and_leaves_its_place()
    {
        var gate = new Gate();
        await using var server = await StartAsync(gate);
        using var wire = new Wire(server);
        var alice = await server.PersonAsync("alice");
        await alice.Own.CreateAsync(alice.Collection(Movies), "m1", "{}");
        var app = await alice.AppAsync("flooding", new Allow(Movies, [Operation.Read], "*"));
        var request = new GetDocumentRequest { Name = alice.Document(Movies, "m1") };
        var running = await RunningAsync(gate, app.Actor, request);

        foreach (var protocol in new[] { Protocol.Grpc, Protocol.GrpcWeb })
        {
            var late = await wire.CallWithAsync(protocol, app.Actor.Token, Get, request, ("grpc-timeout", "100m"));
            Assert.Equal("DEADLINE_EXCEEDED", late.Word);
        }
        using (var leaving = new CancellationTokenSource())
        {
            var left = await WaitingAsync(wire, app.Actor, request, leaving.Token);
            await leaving.CancelAsync();
            Assert.Equal(StatusCode.Cancelled, (await Refused.Async(() => left)).StatusCode);
        }
        var waiting = await WaitingAsync(wire, app.Actor, request);

        gate.Open();
        await Task.WhenAll([.. running, waiting]);
    }

    private static Google.Protobuf.Reflection.MethodDescriptor Get =>
        AccessTable.Rows.Single(row => row.Method.Name == "GetDocument").Method;

    private static Task<VibeServer> StartAsync(Gate gate) =>
        VibeServer.StartAsync(new ServerSetup { Settings = TwoAndOne, Services = gate.Stand });

    /// <summary>The two calls that may run at once, held up by the gate.</summary>
    private static async Task<List<Task<GetDocumentResponse>>> RunningAsync(
        Gate gate,
        Actor app,
        GetDocumentRequest request
    )
    {
        var running = Enumerable
            .Range(0, 2)
            .Select(_ => app.Documents.GetDocumentAsync(request).ResponseAsync)
            .ToList();
        await gate.EnteredAsync(running.Count);
        return running;
    }

    /// <summary>A call that has the one place in which calls wait.</summary>
    private static async Task<Task> WaitingAsync(
        Wire wire,
        Actor app,
        GetDocumentRequest request,
        CancellationToken cancellation = default
    )
    {
        while (true)
        {
            var waiting = app.Documents.GetDocumentAsync(request, cancellationToken: cancellation).ResponseAsync;
            // A call that finds the place free has it until its deadline, and the one before it may be refused.
            while (!waiting.IsCompleted)
            {
                var other = await wire.CallWithAsync(Protocol.Grpc, app.Token, Get, request, ("grpc-timeout", "50m"));
                if (other.Word == "TOO_MANY_CALLS" && !waiting.IsCompleted)
                    return waiting;
            }
        }
    }

    private static async Task RefusedAtEveryDoorAsync(Wire wire, Actor app, GetDocumentRequest request)
    {
        foreach (var protocol in Enum.GetValues<Protocol>())
        {
            var answer = await wire.CallAsync(protocol, app.Token, Get, request);
            Assert.Equal("TOO_MANY_CALLS", answer.Word);
            Assert.Null(answer.Flaw());
            Assert.Equal("3", answer.Status!.GetDetail<Google.Rpc.ErrorInfo>()!.Metadata["limit"]);
            Assert.NotNull(answer.Status!.GetDetail<Google.Rpc.RetryInfo>());
        }
    }
}
