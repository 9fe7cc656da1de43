using System.Diagnostics;
using System.Diagnostics.Metrics;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Vibe.Data.V1;
using Vibe.Errors.V1;
using Vibe.Hosting.Errors;
using Vibe.Server.Tests.Door;
using Vibe.Server.Tests.Hostile;
using Vibe.Sync.V1;
using Vibe.Testing;

namespace Vibe.Server.Tests.Telemetry;

/// <summary>
/// Every server of every test is searched, when it stops, for what must not be where operators look, and for what callers
/// were told that only others had sent.
/// </summary>
public sealed class CanaryTests
{
    private static readonly ActivitySource Source = new("Vibe.CanaryTests");
    private static readonly Meter Meter = new("Vibe.CanaryTests");

    private static readonly MethodDescriptor Create = DocumentService.Descriptor.FindMethodByName("CreateDocument");
    private static readonly MethodDescriptor Get = DocumentService.Descriptor.FindMethodByName("GetDocument");

    public static TheoryData<string> Doors => ["gRPC", "gRPC-web", "REST", "raw gRPC", "raw gRPC-web", "raw REST"];

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

    [Theory, MemberData(nameof(Doors))]
    public Task A_text_in_a_body_is_found_whatever_it_came_by(string door) =>
        FindsAsync(
            "message",
            async (server, alice) =>
            {
                var secret = $"{Guid.NewGuid()}";
                await CreateAsync(door, server, alice, secret);
                return secret;
            }
        );

    [Theory]
    [InlineData("message")]
    [InlineData("metadata")]
    [InlineData("violation")]
    [InlineData("end of a stream")]
    public async Task A_text_that_another_caller_is_told_is_found(string place)
    {
        foreach (var door in Doors.Select(door => door.Data))
        {
            if (place == "end of a stream" && door is not ("gRPC" or "gRPC-web"))
                continue;
            var planted = new Planted(place);
            var server = await StartAsync(planted);
            var alice = await server.PersonAsync("alice");
            var app = await alice.AppAsync("nosy", new Allow("movies", [Vibe.Access.V1.Operation.Read], "*"));
            planted.Secret = $"{Guid.NewGuid()}";
            await CreateAsync(door, server, alice, planted.Secret);
            await RefusedAsync(place, door, server, app.Actor);

            var found = await Assert.ThrowsAsync<InvalidOperationException>(async () => await server.DisposeAsync());

            Assert.Contains("told to others", found.Message, StringComparison.Ordinal);
            Assert.Contains(planted.Secret, found.Message, StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(Doors))]
    public async Task What_callers_sent_themselves_they_may_be_told(string door)
    {
        var planted = new Planted("message");
        await using var server = await StartAsync(planted);
        var alice = await server.PersonAsync("alice");
        var bob = await server.PersonAsync("bob");
        planted.Secret = $"{Guid.NewGuid()}";
        await CreateAsync(door, server, alice, planted.Secret);
        await CreateAsync(door, server, bob, $"longer {planted.Secret}");

        await RefusedAsync("message", door, server, alice.Own);
        await RefusedAsync("message", door, server, bob.Own);
    }

    [Fact]
    public async Task What_a_caller_sends_after_it_was_told_does_not_excuse_it()
    {
        var planted = new Planted("message");
        var server = await StartAsync(planted);
        var alice = await server.PersonAsync("alice");
        var bob = await server.PersonAsync("bob");
        planted.Secret = $"{Guid.NewGuid()}";
        await CreateAsync("gRPC", server, alice, planted.Secret);
        await RefusedAsync("message", "gRPC", server, bob.Own);
        await CreateAsync("gRPC", server, bob, planted.Secret);

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await server.DisposeAsync());
    }

    [Fact]
    public async Task A_server_that_tells_nothing_stops_in_peace()
    {
        await using var server = await VibeServer.StartAsync(Engine.Sqlite);
        var alice = await server.PersonAsync("alice");
        await alice.Own.CreateAsync(alice.Collection("movies"), "m1", """{"Title":"Arrival of Spring"}""");
    }

    // Through the clients that tests share, and in bytes.
    private static async Task CreateAsync(string door, VibeServer server, Person person, string secret)
    {
        var request = new CreateDocumentRequest
        {
            Parent = person.Collection("movies"),
            DocumentId = "m1",
            Document = new Document { Body = new Struct { Fields = { ["Title"] = Value.ForString(secret) } } },
        };
        if (door.StartsWith("raw ", StringComparison.Ordinal))
        {
            using var wire = new Wire(server);
            var answer = await wire.CallAsync(ProtocolOf(door), person.Own.Token, Create, request);
            Assert.Equal("OK", answer.Word);
        }
        else
            Assert.Equal("OK", await Protocols.CallAsync(ProtocolOf(door), person.Own, Create, request));
    }

    private static async Task RefusedAsync(string place, string door, VibeServer server, Actor caller)
    {
        if (place == "end of a stream")
        {
            var sync = new SyncService.SyncServiceClient(door == "gRPC" ? caller.Invoker : caller.WebInvoker);
            using var stream = sync.Subscribe(
                new SubscribeRequest { Scope = new Scope { Collection = "spaces/me/collections/movies" } }
            );
            Assert.True(await stream.ResponseStream.MoveNext(default));
            return;
        }
        var request = new GetDocumentRequest { Name = "spaces/me/collections/movies/documents/m1" };
        using var wire = new Wire(server);
        Assert.Equal(
            "FIELD_INVALID",
            door.StartsWith("raw ", StringComparison.Ordinal)
                ? (await wire.CallAsync(ProtocolOf(door), caller.Token, Get, request)).Word
                : await Protocols.CallAsync(ProtocolOf(door), caller, Get, request)
        );
    }

    private static Protocol ProtocolOf(string door) =>
        door.EndsWith("gRPC", StringComparison.Ordinal) ? Protocol.Grpc
        : door.EndsWith("gRPC-web", StringComparison.Ordinal) ? Protocol.GrpcWeb
        : Protocol.Rest;

    private static Task<VibeServer> StartAsync(Planted planted) =>
        VibeServer.StartAsync(
            new ServerSetup
            {
                Services = services =>
                    services.AddSingleton(planted).AddGrpc(options => options.Interceptors.Add<Planted>()),
            }
        );

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

    /// <summary>Tells a secret to whoever gets a document or subscribes.</summary>
    private sealed class Planted(string place) : Interceptor
    {
        public string Secret { get; set; } = "";

        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request,
            ServerCallContext context,
            UnaryServerMethod<TRequest, TResponse> continuation
        ) =>
            request is not GetDocumentRequest
                ? continuation(request, context)
                : throw new VibeException(
                    ErrorReason.FieldInvalid,
                    place == "message" ? $"It is not {Secret}." : "It is not valid.",
                    new Dictionary<string, string> { ["field"] = place == "metadata" ? $"not {Secret}" : "name" }
                )
                {
                    Violations = [("name", place == "violation" ? $"It is not {Secret}." : "It is not valid.")],
                };

        public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            ServerStreamingServerMethod<TRequest, TResponse> continuation
        )
        {
            var end = new End { Status = new Google.Rpc.Status { Message = Secret } };
            await ((IServerStreamWriter<SubscribeResponse>)responseStream).WriteAsync(
                new SubscribeResponse { End = end }
            );
        }
    }
}
