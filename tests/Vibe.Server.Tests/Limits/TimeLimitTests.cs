using System.Collections.Concurrent;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Vibe.Data.V1;
using Vibe.Hosting.Requests;
using Vibe.Server.Tests.Door;
using Vibe.Server.Tests.Hostile;
using Vibe.Testing;
using static Vibe.Server.Tests.DocumentCalls;

namespace Vibe.Server.Tests.Limits;

/// <summary>The limits that are times: one below, at, and one above, on a clock that the test moves or as the server sees it.</summary>
public sealed class TimeLimitTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Day = TimeSpan.FromHours(24);
    private static readonly TimeSpan Tick = TimeSpan.FromMicroseconds(1);

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task An_idempotency_key_is_kept_for_24_hours(Engine engine)
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var server = await VibeServer.StartAsync(
            new ServerSetup { Engine = engine, Services = services => services.AddSingleton<TimeProvider>(time) }
        );
        using var wire = new Wire(server);
        var alice = await server.PersonAsync("alice");
        var method = AccessTable.Rows.Single(row => row.Method.Name == "CreateDocument").Method;
        foreach (var protocol in Enum.GetValues<Protocol>())
            Assert.Equal("OK", await RepeatAsync(protocol));

        var words = Enum.GetValues<Protocol>().ToDictionary(protocol => protocol, _ => new List<string>());
        foreach (
            var (step, expected) in new[] { (Day - Tick, "OK"), (Tick, "RESOURCE_EXISTS"), (Tick, "RESOURCE_EXISTS") }
        )
        {
            time.Advance(step);
            foreach (var protocol in Enum.GetValues<Protocol>())
            {
                words[protocol].Add(await RepeatAsync(protocol));
                Assert.Equal(expected, words[protocol][^1]);
            }
        }
        foreach (var (protocol, told) in words)
            output.WriteLine($"{"idempotency key", -28} {protocol, -8} {"24 h", 9}  {string.Join(" | ", told)}");

        async Task<string> RepeatAsync(Protocol protocol)
        {
            var request = new CreateDocumentRequest
            {
                Parent = alice.Collection("movies"),
                DocumentId = $"{protocol}",
                IdempotencyKey = $"{protocol}",
                Document = new Document { Json = Utf8("{}") },
            };
            return (await wire.CallAsync(protocol, alice.Renewed().Token, method, request)).Word;
        }
    }

    [Fact]
    public async Task A_token_that_was_used_ends_at_its_time_and_the_skew_of_clocks_all_the_same()
    {
        // Tokens name whole seconds.
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var server = await VibeServer.StartAsync(
            new ServerSetup { Services = services => services.AddSingleton<TimeProvider>(time) }
        );
        using var wire = new Wire(server);
        var alice = await server.PersonAsync("alice");
        var token = server.Token(alice.Did, "vibe", null, TimeSpan.FromMinutes(1));
        var method = AccessTable.Rows.Single(row => row.Method.Name == "ListDocuments").Method;
        var request = new ListDocumentsRequest { Parent = alice.Collection("movies") };

        foreach (
            var (step, expected) in new[]
            {
                (TimeSpan.Zero, "OK"),
                (TimeSpan.FromSeconds(90) - Tick, "OK"),
                (Tick, "ACCESS_TOKEN_EXPIRED"),
            }
        )
        {
            time.Advance(step);
            foreach (var protocol in Enum.GetValues<Protocol>())
                Assert.Equal(expected, (await wire.CallAsync(protocol, token, method, request)).Word);
        }
    }

    [Fact]
    public async Task A_call_has_30_seconds_where_nothing_is_said_and_5_minutes_at_most()
    {
        var seen = new ConcurrentQueue<TimeSpan>();
        await using var server = await VibeServer.StartAsync(
            new ServerSetup
            {
                Services = services =>
                {
                    services.AddSingleton(seen);
                    services.Configure<GrpcServiceOptions>(options => options.Interceptors.Add<DeadlineReader>());
                },
            }
        );
        using var wire = new Wire(server);
        var method = AccessTable.Rows.Single(row => row.Method.Name == "GetServer").Method;
        var body = Wire.Framed([]);
        (string? Asked, int Seconds)[] cases =
        [
            (null, 30),
            ("299S", 299),
            ("300S", 300),
            ("301S", 300),
            ("99999999H", 300),
        ];
        foreach (var protocol in new[] { Protocol.Grpc, Protocol.GrpcWeb })
        foreach (var (asked, seconds) in cases)
        {
            (string, string)[] headers = asked is null ? [] : [("grpc-timeout", asked)];
            var answer = await wire.GrpcAsync(protocol, null, method, body, headers: headers);
            Assert.Equal("OK", answer.Word);
            Assert.True(seen.TryDequeue(out var granted));
            Assert.Equal(TimeSpan.FromSeconds(seconds), granted);
            output.WriteLine($"{"deadline", -28} {protocol, -8} {asked ?? "none", 9}  {seconds} s");
        }
        foreach (var protocol in new[] { Protocol.Grpc, Protocol.GrpcWeb })
        foreach (var odd in new[] { "", "1", "S", "-1S", "+1S", "1 S", "1X", "1.5S", "999999999S", "1s", "١S" })
        {
            var answer = await wire.GrpcAsync(protocol, null, method, body, headers: ("grpc-timeout", odd));
            Assert.Equal((odd, "MESSAGE_MALFORMED"), (odd, answer.Word));
        }
    }

    private sealed class DeadlineReader(ConcurrentQueue<TimeSpan> seen) : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request,
            ServerCallContext context,
            UnaryServerMethod<TRequest, TResponse> continuation
        )
        {
            seen.Enqueue(context.GetHttpContext().Features.Get<CallDeadline>()!.Granted);
            return continuation(request, context);
        }
    }
}
