using System.Text;
using Grpc.Core;
using Vibe.Access.V1;
using Vibe.Server.Tests.Sync;
using Vibe.Testing;
using Vibe.Testing.Telemetry;

namespace Vibe.Server.Tests.Telemetry;

/// <summary>What leaves a server by OTLP. The servers are processes: telemetry is one for each.</summary>
public sealed class TelemetryTests(ITestOutputHelper output)
{
    private const string Movies = "secret-movies";
    private const string CallersTrace = "0af7651916cd43dd8448eb211c80319c";

    private static readonly Method<byte[], byte[]> SecretRpc = new(
        MethodType.Unary,
        "vibe.data.v1.DocumentService",
        "secret-rpc",
        Marshallers.Create((byte[] message) => message, message => message),
        Marshallers.Create((byte[] message) => message, message => message)
    );

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_write_on_one_replica_leads_to_the_page_that_it_causes_on_another()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var beside = await VibeServer.StartAsync(Engine.Postgres);
        await using var one = await ServerProcess.StartAsync(beside, receiver.Variables);
        await using var two = await ServerProcess.StartAsync(beside, receiver.Variables);
        var alice = await beside.PersonAsync("alice");
        await using var follower = await Follower.CaughtUpAsync(two.With(alice.Own.Token), alice.Collection(Movies));

        // A page is caused by what made the stream look; now and then that is the sweep, which knows of no write.
        foreach (var id in new[] { "m1", "m2", "m3", "m4", "m5" })
        {
            await one.With(alice.Own.Token).CreateAsync(alice.Collection(Movies), id, """{"Title":"Alien"}""");
            Assert.Equal([id], (await follower.PageAsync()).Ids());
        }

        var page = await receiver.ArrivesAsync(span =>
            span.Name == "page" && span.Links.Count > 1 && span.Attributes.ContainsKey("vibe.page.changes")
        );
        var write = await receiver.ArrivesAsync(span => span.Name == "write" && page.Links.Contains(span.Id));
        var group = await receiver.ArrivesAsync(span => span.Name == "group" && span.Links.Contains(write.Id));
        var call = await receiver.ArrivesAsync(span => span.Id == write.Parent);
        Assert.NotEqual(write.Instance, page.Instance);
        Assert.NotEqual(write.Trace, page.Trace);
        Assert.Equal("vibe.data.v1.DocumentService/CreateDocument", write.Attributes["rpc.method"]);
        Assert.Equal((write.Instance, "1"), (group.Instance, group.Attributes["vibe.group.size"]));
        Assert.Equal(("OK", "1"), (write.Attributes["vibe.outcome"], page.Attributes["vibe.page.changes"]));
        Assert.Contains(
            receiver.Spans,
            span => span.Parent == group.Id && span.Attributes.ContainsKey("db.system.name")
        );
        foreach (var line in SpanTree.Draw(receiver.Spans, call))
            output.WriteLine(line);
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task Nothing_that_anybody_wrote_and_no_attribute_that_is_not_listed_leaves_the_server(Engine engine)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var beside = await VibeServer.StartAsync(engine);
        var alice = await beside.PersonAsync("alice");
        var app = await alice.NewAppAsync(new Allow(Movies, [Operation.Read], "/Title"));
        var resume = "";
        await using (var server = await ServerProcess.StartAsync(beside, receiver.Variables))
        {
            var own = server.With(alice.Own.Token);
            await using var follower = await Follower.CaughtUpAsync(
                server.With(app.Actor.Token),
                alice.Collection(Movies)
            );
            await own.CreateAsync(alice.Collection(Movies), "secret-id", """{"Title":"secret-title"}""", "secret-key");
            resume = (await follower.PageAsync()).ResumeToken;
            await Refused.Async(() => own.GetAsync(alice.Document(Movies, "secret-missing")));
            await Refused.Async(() => own.Invoker.AsyncUnaryCall(SecretRpc, null, new CallOptions(), []).ResponseAsync);
            using var rest = own.Rest();
            rest.DefaultRequestHeaders.Add("user-agent", "secret-agent");
            rest.DefaultRequestHeaders.Add("traceparent", $"00-{CallersTrace}-b7ad6b7169203331-01");
            rest.DefaultRequestHeaders.Add("tracestate", "secret=secret-state");
            rest.DefaultRequestHeaders.Add("baggage", "secret=secret-baggage");
            rest.DefaultRequestHeaders.Host = "secret-host";
            using var read = await rest.GetAsync($"/v1/{alice.Document(Movies, "secret-id")}?json_bodies=true");
            using var unknown = await rest.GetAsync("/secret-path/x?secret-query=1");
            using var method = await rest.SendAsync(
                new HttpRequestMessage(new HttpMethod("SECRET-METHOD"), "/v1/apps")
            );
            await receiver.ArrivesAsync(span =>
                span.Trace == CallersTrace && span.Name.Contains("{", StringComparison.Ordinal)
            );
            await SeriesArrivesAsync(receiver, "vibe.refusals");
            await SeriesArrivesAsync(receiver, "http.server.request.duration");
            await server.StopAsync();
        }

        string[] secrets = ["secret", "SECRET", alice.Id, app.Grant.Name.Split('/')[^1], alice.Own.Token!, resume];
        foreach (var request in receiver.Requests.Select(Encoding.UTF8.GetString))
            Assert.All(secrets, secret => Assert.DoesNotContain(secret, request, StringComparison.Ordinal));
        Assert.Equal(
            Known.OfSpans,
            receiver
                .Spans.SelectMany(span => span.Attributes.Keys)
                .Distinct()
                .Union(Known.OfSpans)
                .Order(StringComparer.Ordinal)
        );
        Assert.Equal(
            Known.OfMetrics,
            receiver
                .Series.SelectMany(series => series.Attributes.Keys)
                .Distinct()
                .Union(Known.OfMetrics)
                .Order(StringComparer.Ordinal)
        );
        Assert.All(receiver.Spans, span => Assert.Equal("vibe", span.Service));
    }

    [Fact]
    public async Task The_text_of_an_error_of_the_database_stays_inside()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var beside = await VibeServer.StartAsync(Engine.Postgres);
        var alice = await beside.PersonAsync("alice");
        await using var server = await ServerProcess.StartAsync(beside, receiver.Variables);
        await beside.ExecuteAsync("ALTER TABLE documents RENAME TO secret_documents");

        await Refused.Async(() => server.With(alice.Own.Token).GetAsync(alice.Document(Movies, "m1")));
        var failed = await receiver.ArrivesAsync(span => span.Attributes.ContainsKey("db.response.status_code"));

        Assert.Equal("42P01", failed.Attributes["db.response.status_code"]);
        Assert.DoesNotContain(
            receiver.Requests.Select(Encoding.UTF8.GetString),
            request => request.Contains("does not exist", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData("always_on", "00", true)]
    [InlineData("always_on", "01", true)]
    [InlineData("parentbased_always_off", "01", false)]
    [InlineData("traceidratio", "01", false)]
    public async Task A_callers_trace_is_joined_and_does_not_decide_what_is_recorded(
        string sampler,
        string flags,
        bool recorded
    )
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var beside = await VibeServer.StartAsync(Engine.Sqlite);
        var variables = receiver.Variables;
        variables["OTEL_TRACES_SAMPLER"] = sampler;
        variables["OTEL_TRACES_SAMPLER_ARG"] = "0";
        await using (var server = await ServerProcess.StartAsync(beside, variables))
        {
            using var rest = server.With(null).Rest();
            rest.DefaultRequestHeaders.Add("traceparent", $"00-{CallersTrace}-b7ad6b7169203331-{flags}");
            using var answer = await rest.GetAsync("/.well-known/vibe");
            answer.EnsureSuccessStatusCode();
            await server.StopAsync();
        }

        Assert.Equal(recorded, receiver.Spans.Any(span => span.Trace == CallersTrace));
        Assert.NotEmpty(receiver.Series);
    }

    [Theory]
    [InlineData("OTEL_SDK_DISABLED", "true")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "")]
    public async Task A_server_that_is_not_told_to_sends_nothing(string variable, string value)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var beside = await VibeServer.StartAsync(Engine.Sqlite);
        var variables = receiver.Variables;
        variables[variable] = value;
        await using var server = await ServerProcess.StartAsync(beside, variables);
        await server.StopAsync();

        Assert.Empty(receiver.Requests);
    }

    [Fact]
    public async Task The_operator_names_the_service()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var beside = await VibeServer.StartAsync(Engine.Sqlite);
        var variables = receiver.Variables;
        variables["OTEL_SERVICE_NAME"] = "vibe-of-the-north";
        await using var server = await ServerProcess.StartAsync(beside, variables);
        await server.StopAsync();

        Assert.All(receiver.Spans, span => Assert.Equal("vibe-of-the-north", span.Service));
        Assert.NotEmpty(receiver.Spans);
    }

    private static async Task SeriesArrivesAsync(OtlpReceiver receiver, string name)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (receiver.Series.All(series => series.Name != name))
            await Task.Delay(20, patience.Token);
    }
}
