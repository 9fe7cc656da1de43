using Google.Protobuf.Reflection;
using Google.Rpc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Vibe.Access.V1;
using Vibe.Data.V1;
using Vibe.Server.Tests.Door;
using Vibe.Server.Tests.Hostile;
using Vibe.Server.Tests.Sync;
using Vibe.Sync.V1;
using Vibe.Testing;

namespace Vibe.Server.Tests.Limits;

/// <summary>How many calls a second come in, on a clock that the test moves.</summary>
public sealed class RateTests
{
    private const string Movies = "movies";

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static MethodDescriptor Get => Method("GetDocument");

    [Theory]
    [InlineData(Protocol.Grpc)]
    [InlineData(Protocol.GrpcWeb)]
    [InlineData(Protocol.Rest)]
    public async Task An_app_above_its_rate_is_told_when_it_is_let_in_again_and_is(Protocol protocol)
    {
        var time = Calls.StandingClock();
        await using var server = await StartAsync(time, ("AppRate", "2"), ("RateWindow", "00:00:05"));
        using var wire = new Wire(server);
        var (alice, app) = await AppAsync(server);
        var request = new GetDocumentRequest { Name = alice.Document(Movies, "m1") };

        // Until half of them are gone there is nothing that it had to know.
        for (var call = 1; call <= 10; call++)
        {
            var answer = await wire.CallAsync(protocol, app.Actor.Token, Get, request);
            Assert.Equal("OK", answer.Word);
            Assert.Equal(call > 5 ? "\"app\";q=10;w=5" : null, Header(answer, "ratelimit-policy"));
            Assert.Equal(call > 5 ? $"\"app\";r={10 - call};t={(call + 1) / 2}" : null, Header(answer, "ratelimit"));
        }
        time.Advance(Second / 10);
        var refused = await wire.CallAsync(protocol, app.Actor.Token, Get, request);
        Refuses(refused, "app", "2", Second * 0.4);
        Assert.Equal("1", Header(refused, "retry-after"));
        Assert.Equal("\"app\";r=0;t=5", Header(refused, "ratelimit"));
        if (protocol == Protocol.Rest)
            Assert.Equal(429, refused.Http);

        time.Advance(Second * 0.4);
        Assert.Equal("OK", (await wire.CallAsync(protocol, app.Actor.Token, Get, request)).Word);
        Refuses(await wire.CallAsync(protocol, app.Actor.Token, Get, request), "app", "2", Second * 0.5);
    }

    [Fact]
    public async Task An_app_above_its_rate_for_one_person_stands_in_nobody_elses_way()
    {
        await using var server = await StartAsync(Calls.StandingClock(), ("AppRate", "1"), ("RateWindow", "00:00:02"));
        using var wire = new Wire(server);
        var (alice, app) = await AppAsync(server);
        var other = await alice.AppAsync("other", new Allow(Movies, [Operation.Read], "*"));
        var bob = await server.PersonAsync("bob");
        var forBob = await bob.AllowAsync(app.App, new Allow(Movies, [Operation.Read], "*"));
        var request = new GetDocumentRequest { Name = alice.Document(Movies, "m1") };
        for (var call = 0; call < 2; call++)
            Assert.Equal("OK", (await wire.CallAsync(Protocol.Grpc, app.Actor.Token, Get, request)).Word);

        // A fresh token of the same grant is the same app.
        Refuses(await wire.CallAsync(Protocol.Grpc, app.WithTokenOf(null).Token, Get, request), "app");
        Assert.Equal("OK", (await wire.CallAsync(Protocol.Grpc, other.Actor.Token, Get, request)).Word);
        Assert.Equal(
            "RESOURCE_NOT_FOUND",
            (
                await wire.CallAsync(
                    Protocol.Grpc,
                    forBob.Actor.Token,
                    Get,
                    new GetDocumentRequest { Name = bob.Document(Movies, "m1") }
                )
            ).Word
        );
        for (var call = 0; call < 10; call++)
            Assert.Equal("OK", (await wire.CallAsync(Protocol.Grpc, alice.Own.Token, Get, request)).Word);
    }

    [Fact]
    public async Task A_stream_counts_when_it_opens_and_a_batch_as_one_call()
    {
        await using var server = await StartAsync(Calls.StandingClock(), ("AppRate", "1"), ("RateWindow", "00:00:02"));
        using var wire = new Wire(server);
        var alice = await server.PersonAsync("alice");
        var app = await alice.AppAsync("app", new Allow(Movies, [Operation.Read, Operation.Create], "*"));
        await using var stream = await Follower.CaughtUpAsync(app.Actor, alice.Collection(Movies));

        var batch = new BatchWriteRequest { Parent = alice.Space };
        for (var write = 0; write < 10; write++)
            batch.Writes.Add(DocumentCalls.Creation(alice.Document(Movies, $"m{write}")));
        await app.Actor.Documents.BatchWriteAsync(batch);

        Assert.Equal(10, (await stream.PageAsync()).Changes.Count);
        var scope = new SubscribeRequest { Scope = new Scope { Collection = alice.Collection(Movies) } };
        foreach (var protocol in Enum.GetValues<Protocol>())
            Refuses(await wire.CallAsync(protocol, app.Actor.Token, Method("Subscribe"), scope), "app");
    }

    [Fact]
    public async Task A_person_has_a_rate_for_all_that_acts_for_it_and_an_app_learns_nothing_of_the_others()
    {
        var time = Calls.StandingClock();
        await using var server = await StartAsync(time, ("PersonRate", "10"), ("RateWindow", "00:00:01"));
        using var wire = new Wire(server);
        var (alice, app) = await AppAsync(server);
        var bob = await server.PersonAsync("bob");
        time.Advance(Second);
        var request = new GetDocumentRequest { Name = alice.Document(Movies, "m1") };
        Answer answer;
        for (var call = 1; call <= 9; call++)
        {
            answer = await wire.CallAsync(Protocol.Grpc, alice.Own.Token, Get, request);
            Assert.Equal(call > 5 ? $"\"person\";r={10 - call};t=1" : null, Header(answer, "ratelimit"));
        }
        answer = await wire.CallAsync(Protocol.Grpc, app.Actor.Token, Get, request);
        Assert.Equal("OK", answer.Word);
        Assert.Null(Header(answer, "ratelimit"));

        foreach (var (turn, protocol) in Enum.GetValues<Protocol>().Index())
        {
            answer = await wire.CallAsync(protocol, app.Actor.Token, Get, request);
            Refuses(answer, "person", "10", Second * (turn + 1) / 10);
            Assert.Null(Header(answer, "ratelimit"));
        }
        Refuses(await wire.CallAsync(Protocol.Grpc, alice.Own.Token, Get, request), "person");
        await bob.Own.CreateAsync(bob.Collection(Movies), "m1", "{}");
    }

    [Fact]
    public async Task Strangers_have_a_rate_of_their_own_which_empties_nobody_elses()
    {
        await using var server = await StartAsync(
            Calls.StandingClock(),
            ("StrangerRate", "4"),
            ("PersonRate", "100"),
            ("RateWindow", "00:00:01")
        );
        using var wire = new Wire(server);
        var (alice, _) = await AppAsync(server);
        var seen = new GetDocumentRequest { Name = alice.Document(Movies, "m1") };
        var missing = new GetDocumentRequest { Name = alice.Document(Movies, "none") };
        var forged = alice.Own.Token![..^8] + "AAAAAAAA";
        foreach (var token in new[] { null, forged, null, forged })
            Assert.StartsWith("ACCESS_TOKEN_", (await wire.CallAsync(Protocol.Grpc, token, Get, seen)).Word);

        // Whatever is asked for, and with whatever token, the answer is the same.
        foreach (var protocol in Enum.GetValues<Protocol>())
        foreach (var token in new[] { null, forged, alice.Renewed().Token })
        foreach (var request in new[] { seen, missing })
            Refuses(await wire.CallAsync(protocol, token, Get, request), "stranger", "4");

        for (var call = 0; call < 20; call++)
            Assert.Equal("OK", (await wire.CallAsync(Protocol.Grpc, alice.Own.Token, Get, seen)).Word);
    }

    [Fact]
    public async Task Who_comes_with_a_good_token_for_the_first_time_is_no_stranger()
    {
        await using var server = await StartAsync(
            Calls.StandingClock(),
            ("StrangerRate", "1"),
            ("RateWindow", "00:00:01")
        );
        using var wire = new Wire(server);
        var (alice, _) = await AppAsync(server);
        var request = new GetDocumentRequest { Name = alice.Document(Movies, "m1") };

        for (var call = 0; call < 20; call++)
            Assert.Equal("OK", (await wire.CallAsync(Protocol.Grpc, alice.Renewed().Token, Get, request)).Word);
    }

    [Theory]
    [InlineData(null, "203.0.113.1", "203.0.113.2", true)]
    [InlineData("192.0.2.0/24, 2001:db8::1", "203.0.113.1", "203.0.113.2", true)]
    [InlineData("127.0.0.1", "203.0.113.1", "203.0.113.2", false)]
    [InlineData("127.0.0.0/8", "203.0.113.1", "203.0.113.1", true)]
    [InlineData("127.0.0.1", "2001:db8::1", "2001:db8::2", true)]
    // What a client says of itself comes before what the gateway adds.
    [InlineData("127.0.0.1", "198.51.100.1, 203.0.113.1", "198.51.100.2, 203.0.113.1", true)]
    [InlineData("127.0.0.1, 10.0.0.0/8", "203.0.113.1, 10.1.1.1", "203.0.113.2, 10.1.1.1", false)]
    public async Task An_address_has_a_rate_and_is_what_a_trusted_gateway_says(
        string? trusted,
        string first,
        string second,
        bool isSame
    )
    {
        await using var server = await StartAsync(
            Calls.StandingClock(),
            [("AddressRate", "3"), ("RateWindow", "00:00:01")],
            trusted
        );
        using var wire = new Wire(server);
        var request = new GetDocumentRequest { Name = "spaces/me/collections/movies/documents/m1" };
        foreach (var protocol in Enum.GetValues<Protocol>())
            Assert.Equal("ACCESS_TOKEN_MISSING", (await CallAsync(protocol, first)).Word);

        foreach (var (turn, protocol) in Enum.GetValues<Protocol>().Index())
            Refuses(await CallAsync(protocol, first), "address", "3", Second * (turn + 1) / 3);
        var other = await CallAsync(Protocol.Grpc, second);
        Assert.Equal(isSame ? "TOO_MANY_CALLS" : "ACCESS_TOKEN_MISSING", other.Word);

        Task<Answer> CallAsync(Protocol protocol, string from) =>
            wire.CallWithAsync(protocol, null, Get, request, ("x-forwarded-for", from));
    }

    [Fact]
    public async Task A_page_of_another_origin_reads_how_much_is_left()
    {
        await using var server = await StartAsync(Calls.StandingClock(), ("StrangerRate", "1"));
        using var client = server.Nobody.Rest();
        using var call = new HttpRequestMessage(HttpMethod.Get, "/.well-known/vibe");
        call.Headers.Add("Origin", "https://app.example");

        using var answer = await client.SendAsync(call);

        var exposed = string.Join(",", answer.Headers.GetValues("Access-Control-Expose-Headers")).Split(',');
        Assert.All(["retry-after", "ratelimit", "ratelimit-policy"], header => Assert.Contains(header, exposed));
    }

    private static MethodDescriptor Method(string name) =>
        AccessTable.Rows.Single(row => row.Method.Name == name).Method;

    private static string? Header(Answer answer, string name) =>
        answer.Headers.Where(header => header.Key == name).Select(header => header.Value).SingleOrDefault();

    private static void Refuses(Answer answer, string bucket, string? limit = null, TimeSpan? wait = null)
    {
        Assert.Equal("TOO_MANY_CALLS", answer.Word);
        Assert.Null(answer.Flaw());
        var info = answer.Status!.GetDetail<ErrorInfo>()!;
        Assert.Equal(bucket, info.Metadata["bucket"]);
        var delay = answer.Status!.GetDetail<RetryInfo>()!.RetryDelay.ToTimeSpan();
        Assert.NotEqual(TimeSpan.Zero, delay);
        if (limit is not null)
            Assert.Equal(limit, info.Metadata["limit"]);
        // Up to the tick of the clock in which a share of a second is told.
        if (wait is { } told)
            Assert.InRange(delay, told - TimeSpan.FromMicroseconds(1), told + TimeSpan.FromMicroseconds(1));
    }

    /// <summary>A person with a document, and an app that reads it; none of which counts any more.</summary>
    private static async Task<(Person Alice, AllowedApp App)> AppAsync(VibeServer server)
    {
        var alice = await server.PersonAsync("alice");
        await alice.Own.CreateAsync(alice.Collection(Movies), "m1", "{}");
        return (alice, await alice.AppAsync("app", new Allow(Movies, [Operation.Read], "*")));
    }

    private static Task<VibeServer> StartAsync(FakeTimeProvider time, params (string Name, string Value)[] limits) =>
        StartAsync(time, limits, null);

    private static Task<VibeServer> StartAsync(
        FakeTimeProvider time,
        (string Name, string Value)[] limits,
        string? trusted
    ) =>
        VibeServer.StartAsync(
            new ServerSetup
            {
                Settings = limits
                    .Select(limit => KeyValuePair.Create($"Vibe:Limits:{limit.Name}", (string?)limit.Value))
                    .Append(KeyValuePair.Create("Vibe:TrustedProxies", trusted))
                    .ToDictionary(),
                Services = services => services.AddSingleton<TimeProvider>(time),
            }
        );
}
