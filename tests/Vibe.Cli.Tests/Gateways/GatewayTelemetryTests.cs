using System.Buffers.Binary;
using System.Net;
using System.Text;
using Google.Protobuf;
using Vibe.Data.V1;
using Vibe.Testing;
using Vibe.Testing.Telemetry;

namespace Vibe.Cli.Tests.Gateways;

/// <summary>What a gateway tells of its part in a call.</summary>
public sealed class GatewayTelemetryTests(ITestOutputHelper output)
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Caller = "b7ad6b7169203331";
    private const string Address = "127.0.0.2";

    // What the caller marks as not to be recorded is, as at the servers: it decides nothing.
    [Theory]
    [InlineData("01")]
    [InlineData("00")]
    public async Task The_callers_trace_goes_on_through_it_to_the_server(string flags)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var beside = await VibeServer.StartAsync(Engine.Sqlite);
        var alice = await beside.PersonAsync("alice");
        await using var server = await ServerProcess.StartAsync(beside, receiver.Variables);
        await using var envoy = await Envoy.StartAsync(
            [server.GrpcAddress.Authority],
            ["--telemetry", receiver.Grpc.Authority]
        );
        using var rest = envoy.Rest(alice.Own.Token, Address);
        using var request = Traced(
            HttpMethod.Get,
            "/v1/spaces/me/collections/secret-movies/documents?pageToken=secret-page",
            flags
        );
        using var odd = Traced(new HttpMethod("SECRET-METHOD"), "/secret-path", flags);
        using var grpc = Traced(HttpMethod.Post, "/vibe.data.v1.DocumentService/GetDocument", flags);
        grpc.Content = new ByteArrayContent(
            Framed(new GetDocumentRequest { Name = alice.Document("secret-m", "secret-id") })
        );
        grpc.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc+secret-type");
        using var unknown = Traced(HttpMethod.Post, "/secret.Service/SecretCall", flags);
        unknown.Content = new ByteArrayContent(Framed(new GetDocumentRequest()));
        unknown.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");

        using var answer = await rest.SendAsync(request);
        foreach (var other in new[] { odd, grpc, unknown })
            (await rest.SendAsync(other)).Dispose();

        var called = await receiver.ArrivesAsync(span =>
            span.Service == "vibe" && receiver.Spans.Any(above => above.Id == span.Parent && IsOfGateway(above))
        );
        var gateway = receiver.Spans.Single(span => span.Id == called.Parent);
        await receiver.ArrivesAsync(_ => receiver.Spans.Count(IsOfGateway) >= 3);
        Assert.Equal((Trace, Trace), (gateway.Trace, called.Trace));
        Assert.Equal(Caller, gateway.Parent);
        foreach (var span in receiver.Spans.Where(IsOfGateway))
            output.WriteLine($"{span.Name}: {string.Join(", ", span.Attributes)}");
        var sent = string.Join('\n', receiver.Requests.Select(Encoding.Latin1.GetString));
        // Envoy's own, which nothing takes away: the page says so.
        foreach (
            var text in receiver
                .Spans.Where(IsOfGateway)
                .Select(span => span.Attributes.GetValueOrDefault("grpc.message"))
        )
            if (text is not null)
                sent = sent.Replace(text, "", StringComparison.Ordinal);
        foreach (
            var secret in new[] { "secret", "SECRET", envoy.Address.Authority, alice.Own.Token!, alice.Space, Address }
        )
            Assert.DoesNotContain(secret, sent, StringComparison.Ordinal);
    }

    private static bool IsOfGateway(ReceivedSpan span) => span.Service == "vibe-gateway";

    private static HttpRequestMessage Traced(HttpMethod method, string path, string flags)
    {
        var request = new HttpRequestMessage(method, path) { Version = HttpVersion.Version20 };
        request.Headers.Add("traceparent", $"00-{Trace}-{Caller}-{flags}");
        request.Headers.Add("tracestate", "secret=secret");
        request.Headers.UserAgent.ParseAdd("secret-agent");
        request.Headers.Add("x-request-id", "secret-request");
        return request;
    }

    // A message of gRPC behind its head: not compressed, and so many bytes.
    private static byte[] Framed(IMessage message)
    {
        var bytes = message.ToByteArray();
        var head = new byte[5];
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(1), bytes.Length);
        return [.. head, .. bytes];
    }
}
