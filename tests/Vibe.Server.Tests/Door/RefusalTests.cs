using System.Net;
using System.Text;
using Grpc.Core;
using Grpc.Health.V1;
using Vibe.Data.V1;
using Vibe.Hosting.Access;
using Vibe.Testing;

namespace Vibe.Server.Tests.Door;

/// <summary>What never reaches an rpc is refused with the same status, and its reason, in all three protocols.</summary>
public sealed class RefusalTests(RefusalTests.Fixture fixture) : IClassFixture<RefusalTests.Fixture>
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(
        static (byte[] message) => message,
        static message => message
    );

    private static readonly Method<byte[], byte[]> GetDocument = new(
        MethodType.Unary,
        DocumentService.Descriptor.FullName,
        "GetDocument",
        Bytes,
        Bytes
    );

    public static TheoryData<bool> Both => [true, false];

    [Theory, MemberData(nameof(Both))]
    public async Task A_malformed_message_is_told_so_over_grpc(bool web)
    {
        var error = await CallAsync(web, GetDocument, [0x0a, 0xff]);
        Assert.Equal((StatusCode.InvalidArgument, "MESSAGE_MALFORMED"), (error.StatusCode, error.Reason()));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task A_message_that_is_too_large_is_told_so_over_grpc(bool web)
    {
        var error = await CallAsync(web, GetDocument, new byte[5 * 1024 * 1024]);
        Assert.Equal((StatusCode.ResourceExhausted, "MESSAGE_TOO_LARGE"), (error.StatusCode, error.Reason()));
        Assert.Equal("4194304", error.Metadata()["limit"]);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task An_unknown_method_is_told_so_over_grpc(bool web)
    {
        var unknown = new Method<byte[], byte[]>(MethodType.Unary, "vibe.data.v1.DocumentService", "No", Bytes, Bytes);
        var error = await CallAsync(web, unknown, []);
        Assert.Equal((StatusCode.Unimplemented, "METHOD_UNKNOWN"), (error.StatusCode, error.Reason()));
    }

    [Theory]
    [InlineData("""{"Title":"Alien","Title":"Aliens"}""", HttpStatusCode.BadRequest, "JSON_INVALID")]
    [InlineData("""{"n":9007199254740993}""", HttpStatusCode.BadRequest, "JSON_INVALID")]
    [InlineData("""{"s":"\ud800"}""", HttpStatusCode.BadRequest, "JSON_INVALID")]
    [InlineData("""{"s":"\u0000"}""", HttpStatusCode.BadRequest, "JSON_INVALID")]
    [InlineData("""{"a":1,}""", HttpStatusCode.BadRequest, "JSON_INVALID")]
    [InlineData("""{'a':1}""", HttpStatusCode.BadRequest, "JSON_INVALID")]
    public async Task Hostile_json_in_a_rest_body_is_refused_with_its_reason(
        string body,
        HttpStatusCode status,
        string reason
    )
    {
        var response = await PostAsync(
            "/v1/spaces/me/collections/movies/documents",
            """{"body":B}""".Replace("B", body)
        );
        Assert.Equal(status, response.StatusCode);
        Assert.Equal(reason, Protocols.ReasonIn(await response.Content.ReadAsStringAsync()));
    }

    [Theory]
    [InlineData("""{"unknown":1}""")]
    [InlineData("""{"body":7}""")]
    [InlineData("""[]""")]
    public async Task A_rest_body_that_is_no_message_of_the_method_is_told_so(string body)
    {
        var response = await PostAsync("/v1/spaces/me/collections/movies/documents", body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("MESSAGE_MALFORMED", Protocols.ReasonIn(await response.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task A_rest_body_that_is_too_large_is_told_so()
    {
        var body = """{"body":{"s":"X"}}""".Replace("X", new string('x', 5 * 1024 * 1024));
        var response = await PostAsync("/v1/spaces/me/collections/movies/documents", body);
        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal("MESSAGE_TOO_LARGE", Protocols.ReasonIn(await response.Content.ReadAsStringAsync()));
    }

    [Theory]
    [InlineData("/v1/nothing/here")]
    [InlineData("/")]
    public async Task An_unknown_path_is_told_so(string path)
    {
        using var client = fixture.Alice.Own.Rest();
        using var response = await client.GetAsync(path);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("METHOD_UNKNOWN", Protocols.ReasonIn(await response.Content.ReadAsStringAsync()));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("eyJhbGciOiJub25lIn0.eyJzdWIiOiJkaWQ6dmliZTphIn0.")]
    public async Task A_token_of_nobody_is_invalid_in_every_protocol(string token)
    {
        foreach (var protocol in Enum.GetValues<Protocol>())
        {
            var row = AccessTable.Rows.Single(row => row.Method.Name == "ListDocuments");
            var request = new ListDocumentsRequest { Parent = fixture.Alice.Collection("movies") };
            var answer = await Protocols.CallAsync(protocol, fixture.Server.With(token), row.Method, request);
            Assert.Equal("ACCESS_TOKEN_INVALID", answer);
        }
    }

    [Fact]
    public async Task A_token_of_another_server_is_invalid()
    {
        await using var other = await VibeServer.StartAsync(Engine.Sqlite);
        var token = other.Token(fixture.Alice.Did, Caller.FirstPartyClient, null);
        var error = await Refused.Async(() =>
            fixture
                .Server.With(token)
                .Documents.ListDocumentsAsync(new() { Parent = fixture.Alice.Collection("movies") })
                .ResponseAsync
        );
        Assert.Equal("ACCESS_TOKEN_INVALID", error.Reason());
    }

    [Fact]
    public async Task Every_answer_carries_a_request_id_and_errors_carry_the_same()
    {
        using var client = fixture.Server.Nobody.Rest();
        using var well = await client.GetAsync("/.well-known/vibe");
        using var refused = await client.GetAsync("/v1/accounts/me");
        var ids = new[] { well, refused }.Select(answer => answer.Headers.GetValues("x-request-id").Single()).ToArray();
        Assert.All(ids, id => Assert.Matches("^[0-9a-f]{32}$", id));
        Assert.NotEqual(ids[0], ids[1]);
        Assert.Contains(ids[1], await refused.Content.ReadAsStringAsync());
    }

    [Theory, MemberData(nameof(Both))]
    public async Task Health_names_the_service_that_it_does_not_know(bool web)
    {
        var health = new Health.HealthClient(web ? fixture.Alice.Own.WebInvoker : fixture.Alice.Own.Invoker);
        var error = await Refused.Async(() => health.CheckAsync(new() { Service = "vibe.no.v1.No" }).ResponseAsync);
        Assert.Equal(
            (StatusCode.NotFound, "RESOURCE_NOT_FOUND", "vibe.no.v1.No"),
            (error.StatusCode, error.Reason(), error.Metadata()["resource"])
        );
        using var watch = health.Watch(new() { Service = "vibe.no.v1.No" });
        Assert.True(await watch.ResponseStream.MoveNext());
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.ServiceUnknown, watch.ResponseStream.Current.Status);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task An_encoding_that_is_not_read_is_told_so_over_grpc(bool web)
    {
        using var wire = new Hostile.Wire(fixture.Server);
        var method = AccessTable.Rows.Single(row => row.Method.Name == "GetDocument").Method;
        var answer = await wire.GrpcAsync(
            web ? Protocol.GrpcWeb : Protocol.Grpc,
            fixture.Alice.Own.Token,
            method,
            Hostile.Wire.Framed([1], 1),
            headers: ("grpc-encoding", "br")
        );
        var info = answer.Status!.GetDetail<Google.Rpc.ErrorInfo>()!;
        Assert.Equal((12, "ENCODING_UNSUPPORTED", "br"), (answer.Status!.Code, info.Reason, info.Metadata["encoding"]));
    }

    [Fact]
    public void A_service_with_a_method_without_a_rule_is_not_mapped()
    {
        var error = Assert.Throws<InvalidOperationException>(() => Vibe.Hosting.Access.Door.RulesOf(Health.Descriptor));
        Assert.Contains("declares no access rule", error.Message);
    }

    private async Task<RpcException> CallAsync(bool web, Method<byte[], byte[]> method, byte[] message)
    {
        var invoker = web ? fixture.Alice.Own.WebInvoker : fixture.Alice.Own.Invoker;
        return await Refused.Async(() =>
            invoker.AsyncUnaryCall(method, null, new CallOptions(), message).ResponseAsync
        );
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string body)
    {
        using var client = fixture.Alice.Own.Rest();
        return await client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
    }

    public sealed class Fixture : IAsyncLifetime
    {
        public VibeServer Server { get; private set; } = null!;
        public Person Alice { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            // Broken protobuf is an error in the log of the framework that reads it.
            Server = await VibeServer.StartAsync(new ServerSetup { ExpectsErrors = true });
            Alice = await Server.PersonAsync("alice");
        }

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
