using System.Net;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;
using Vibe.Access.V1;
using Vibe.Data.V1;
using Vibe.Sync.V1;
using Vibe.Testing;

namespace Vibe.Cli.Tests.Gateways;

/// <summary>A server of this process with an Envoy in front of it.</summary>
public sealed class Gateway : IAsyncLifetime
{
    private Envoy? _envoy;

    public VibeServer Server { get; private set; } = null!;

    public Person Alice { get; private set; } = null!;

    public Envoy Envoy => _envoy!;

    public async ValueTask InitializeAsync()
    {
        Server = await VibeServer.StartAsync(Engine.Sqlite);
        Alice = await Server.PersonAsync("alice");
        _envoy = await Envoy.StartAsync(Server.GrpcAddress);
    }

    public async ValueTask DisposeAsync()
    {
        if (_envoy is not null)
            await _envoy.DisposeAsync();
        await Server.DisposeAsync();
    }
}

/// <summary>Through Envoy the same calls get the same answers, at every door.</summary>
public sealed class GatewayTests(Gateway gateway) : IClassFixture<Gateway>
{
    private const string Movies = "/v1/spaces/me/collections/movies";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private string Token => gateway.Alice.Own.Token!;

    public static TheoryData<string, string, string?> Requests =>
        new()
        {
            { "GET", "/.well-known/vibe", null },
            { "GET", $"{Movies}/documents/known", null },
            { "GET", $"{Movies}/documents", null },
            { "GET", "/v1/spaces/me/collections", null },
            { "GET", $"{Movies}/documents/missing", null },
            { "GET", $"{Movies}/documents/a%2Fb", null },
            { "GET", $"{Movies}/documents?pageSize=-1", null },
            { "GET", "/v1/spaces/me/grants", null },
            { "GET", "/v1/nowhere", null },
            { "POST", $"{Movies}/documents?documentId=known", """{"body":{}}""" },
            { "POST", $"{Movies}/documents?documentId=n", """{"json":"bm8="}""" },
            { "PATCH", $"{Movies}/documents/known", """{"body":{"Year":1},"etag":"stale"}""" },
            { "DELETE", $"{Movies}/documents/known?ifMatch=stale", null },
            {
                "POST",
                "/v1/spaces/me:batchWrite",
                """{"writes":[{"document":"spaces/me/collections/movies/documents/known","delete":{}},{}]}"""
            },
            // Without a key, or a value, an entry of a map has ended Envoy once.
            { "GET", $"{Movies}/documents/nameless", null },
            { "POST", $"{Movies}/documents?documentId=n", """{"json":"IA=="}""" },
            { "GET", "/v1/spaces/someone/collections/movies/documents/known", null },
        };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task A_rest_call_gets_the_same_answer_as_without_it(string method, string path, string? body)
    {
        await KnownAsync();
        using var direct = gateway.Alice.Own.Rest();
        using var through = gateway.Envoy.Rest(Token);

        var expected = await AnswerAsync(direct, method, path, body);
        var answer = await AnswerAsync(through, method, path, body);

        Assert.Equal(expected, answer);
    }

    [Fact]
    public async Task A_caller_without_a_token_is_told_the_same()
    {
        using var direct = gateway.Server.Nobody.Rest();
        using var through = gateway.Envoy.Rest(null);

        var expected = await AnswerAsync(direct, "GET", $"{Movies}/documents/known", null);

        Assert.Contains("ACCESS_TOKEN_MISSING", expected.Body, StringComparison.Ordinal);
        Assert.Equal(expected, await AnswerAsync(through, "GET", $"{Movies}/documents/known", null));
    }

    [Theory]
    [InlineData("/openapi.json")]
    [InlineData("/reference")]
    [InlineData("/reference/scalar.js")]
    public async Task The_description_of_rest_comes_through_as_it_is(string path)
    {
        using var direct = gateway.Server.Nobody.Rest();
        using var through = gateway.Envoy.Rest(null);
        foreach (var client in new[] { direct, through })
            client.DefaultRequestHeaders.AcceptEncoding.ParseAdd("gzip");
        using var expected = await direct.GetAsync(path);
        using var known = new HttpRequestMessage(HttpMethod.Get, path) { Version = HttpVersion.Version20 };
        known.Headers.IfNoneMatch.Add(expected.Headers.ETag!);

        using var answer = await through.GetAsync(path);
        using var again = await through.SendAsync(known);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(await expected.Content.ReadAsByteArrayAsync(), await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal(expected.Content.Headers.ContentType, answer.Content.Headers.ContentType);
        Assert.Equal(expected.Content.Headers.ContentEncoding, answer.Content.Headers.ContentEncoding);
        Assert.Equal(expected.Headers.ETag, answer.Headers.ETag);
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
    }

    // What Envoy refuses by itself, it words by itself; the form is ours.
    [Theory]
    [InlineData("POST", $"{Movies}/documents", """{"body":{"Title":"Al""", 400, "MESSAGE_MALFORMED")]
    [InlineData("GET", $"{Movies}/documents?nonsense=1", null, 400, "MESSAGE_MALFORMED")]
    public async Task What_it_refuses_by_itself_has_a_reason(
        string method,
        string path,
        string? body,
        int status,
        string reason
    )
    {
        using var through = gateway.Envoy.Rest(Token);

        var answer = await AnswerAsync(through, method, path, body);

        Assert.Equal(status, answer.Status);
        var error = JsonNode.Parse(answer.Body)!;
        Assert.Equal(3, error["code"]!.GetValue<int>());
        Assert.NotEqual("", error["message"]!.GetValue<string>());
        Assert.Equal(reason, error["details"]![0]!["reason"]!.GetValue<string>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Grpc_writes_reads_follows_and_meets_a_revocation(bool isWeb)
    {
        var app = await gateway.Alice.AppAsync(
            isWeb ? "web" : "native",
            new Allow("shelf", [Operation.Read, Operation.Create], "*")
        );
        using var channel = ChannelOf(isWeb);
        var invoker = Bearing(channel, app.Actor.Token!);
        var documents = new DocumentService.DocumentServiceClient(invoker);
        var request = new SubscribeRequest();
        request.Scopes.Add(new Scope { Collection = "spaces/me/collections/shelf" });
        using var call = new SyncService.SyncServiceClient(invoker).Subscribe(request);
        await NextAsync(call);
        await NextAsync(call);

        var id = isWeb ? "web" : "native";
        await documents.CreateDocumentAsync(
            new CreateDocumentRequest
            {
                Parent = "spaces/me/collections/shelf",
                DocumentId = id,
                Document = new Document { Json = ByteString.CopyFromUtf8("""{"Title":"Alien"}""") },
            }
        );

        Assert.Equal(id, Assert.Single((await NextAsync(call)).Page.Changes).DocumentId);
        var refused = await Refused.Async(() =>
            documents
                .GetDocumentAsync(new GetDocumentRequest { Name = "spaces/me/collections/shelf/documents/none" })
                .ResponseAsync
        );
        Assert.Equal("RESOURCE_NOT_FOUND", refused.Reason());
        await app.RevokeAsync();
        Assert.Equal(
            "GRANT_REVOKED",
            (await NextAsync(call)).End.Status.Details[0].Unpack<Google.Rpc.ErrorInfo>().Reason
        );
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience));
    }

    [Fact]
    public async Task A_stream_over_rest_comes_as_lines()
    {
        var app = await gateway.Alice.AppAsync("of-lines", new Allow("lines", [Operation.Read], "*"));
        using var rest = gateway.Envoy.Rest(app.Actor.Token);
        using var answer = await rest.GetAsync(
            "/v1/spaces/me/collections/lines:subscribe",
            HttpCompletionOption.ResponseHeadersRead
        );
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());

        Assert.NotNull(JsonNode.Parse(await LineAsync(lines))!["opened"]);
        Assert.NotNull(JsonNode.Parse(await LineAsync(lines))!["page"]!["checkpoint"]);
        await app.RevokeAsync();
        Assert.Equal("GRANT_REVOKED", ReasonOf(JsonNode.Parse(await LineAsync(lines))!));
    }

    [Fact]
    public async Task A_stream_over_rest_comes_as_events()
    {
        var app = await gateway.Alice.AppAsync("of-events", new Allow("events", [Operation.Read], "*"));
        using var rest = gateway.Envoy.Rest(app.Actor.Token);
        rest.DefaultRequestHeaders.Accept.ParseAdd("text/event-stream");
        using var answer = await rest.GetAsync(
            "/v1/spaces/me/collections/events:subscribe",
            HttpCompletionOption.ResponseHeadersRead
        );
        await using var events = SseParser
            .Create(await answer.Content.ReadAsStreamAsync())
            .EnumerateAsync()
            .GetAsyncEnumerator();

        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        Assert.NotNull((await EventAsync(events))["opened"]);
        Assert.NotNull((await EventAsync(events))["page"]!["checkpoint"]);
        await app.RevokeAsync();
        Assert.Equal("GRANT_REVOKED", ReasonOf(await EventAsync(events)));
    }

    [Fact]
    public async Task A_page_of_another_origin_may_ask_and_is_told_so_once()
    {
        using var through = gateway.Envoy.Rest(Token);
        using var preflight = new HttpRequestMessage(HttpMethod.Options, $"{Movies}/documents/known");
        preflight.Headers.Add("origin", "https://app.example");
        preflight.Headers.Add("access-control-request-method", "GET");
        preflight.Headers.Add("access-control-request-headers", "authorization");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/vibe");
        request.Headers.Add("origin", "https://app.example");

        using var allowed = await through.SendAsync(preflight);
        using var answer = await through.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);
        Assert.Contains(
            "authorization",
            string.Join(',', allowed.Headers.GetValues("access-control-allow-headers")),
            StringComparison.Ordinal
        );
        Assert.Single(answer.Headers.GetValues("access-control-allow-origin"));
        Assert.Contains(
            "x-request-id",
            Assert.Single(answer.Headers.GetValues("access-control-expose-headers")),
            StringComparison.Ordinal
        );
        Assert.False(answer.Headers.Contains("access-control-allow-credentials"));
    }

    [Fact]
    public async Task The_access_log_has_the_request_and_no_query()
    {
        using var through = gateway.Envoy.Rest(Token);

        using var answer = await through.GetAsync($"{Movies}/documents?pageSize=7&pageToken=secret");

        var id = Assert.Single(answer.Headers.GetValues("x-request-id"));
        var line = await gateway.Envoy.AccessAsync(id);
        Assert.Equal("/vibe.data.v1.DocumentService/ListDocuments", JsonNode.Parse(line)!["path"]!.GetValue<string>());
        Assert.DoesNotContain("secret", line, StringComparison.Ordinal);
    }

    private static string ReasonOf(JsonNode message) =>
        message["end"]!["status"]!["details"]![0]!["reason"]!.GetValue<string>();

    private async Task KnownAsync()
    {
        await HasAsync("known", """{"Title":"Alien","Year":1979}""");
        await HasAsync("nameless", """{"a":{"":1}}""");
    }

    private async Task HasAsync(string id, string json)
    {
        try
        {
            await gateway.Alice.Own.Documents.CreateDocumentAsync(
                new CreateDocumentRequest
                {
                    Parent = "spaces/me/collections/movies",
                    DocumentId = id,
                    Document = new Document { Json = ByteString.CopyFromUtf8(json) },
                }
            );
        }
        catch (RpcException exists) when (exists.StatusCode == StatusCode.AlreadyExists)
        {
            // Another test made it.
        }
    }

    private static async Task<(int Status, string? Type, string Body)> AnswerAsync(
        HttpClient rest,
        string method,
        string path,
        string? body
    )
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await rest.SendAsync(request);
        var json = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        // Which is another one each time.
        if (json["details"] is JsonArray details)
            foreach (var detail in details.Where(detail => detail!["requestId"] is not null))
                detail!["requestId"] = "one";
        if (json["consistencyToken"] is not null)
            json["consistencyToken"] = "one";
        return ((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType, Sorted(json)!.ToJsonString());
    }

    private static JsonNode? Sorted(JsonNode? node) =>
        node switch
        {
            JsonObject members => new JsonObject(
                members
                    .OrderBy(member => member.Key, StringComparer.Ordinal)
                    .Select(member => KeyValuePair.Create(member.Key, Sorted(member.Value)))
            ),
            JsonArray items => new JsonArray([.. items.Select(Sorted)]),
            _ => node?.DeepClone(),
        };

    private GrpcChannel ChannelOf(bool isWeb) =>
        GrpcChannel.ForAddress(
            gateway.Envoy.Address,
            new GrpcChannelOptions
            {
                HttpHandler = isWeb
                    ? new GrpcWebHandler(GrpcWebMode.GrpcWeb, gateway.Envoy.Handler())
                    : gateway.Envoy.Handler(),
                DisposeHttpClient = true,
            }
        );

    private static CallInvoker Bearing(GrpcChannel channel, string token) =>
        channel
            .CreateCallInvoker()
            .Intercept(metadata =>
            {
                metadata.Add("authorization", $"Bearer {token}");
                return metadata;
            });

    private static async Task<SubscribeResponse> NextAsync(AsyncServerStreamingCall<SubscribeResponse> call)
    {
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience));
        return call.ResponseStream.Current;
    }

    private static async Task<string> LineAsync(StreamReader lines) =>
        await lines.ReadLineAsync().WaitAsync(Patience) ?? throw new InvalidOperationException("The stream ended.");

    private static async Task<JsonNode> EventAsync(IAsyncEnumerator<SseItem<string>> events)
    {
        Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(Patience));
        return JsonNode.Parse(events.Current.Data)!;
    }
}
