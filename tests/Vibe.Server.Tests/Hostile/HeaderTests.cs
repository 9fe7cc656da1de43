using System.Text;
using Google.Protobuf;
using Vibe.Data.V1;
using Vibe.Server.Tests.Door;
using Vibe.Testing;

namespace Vibe.Server.Tests.Hostile;

/// <summary>
/// Every header that the server, or a framework below it, reads, filled with what others collected to break servers: each
/// answer is a success or a refusal with a reason of the contract, and what was refused left nothing.
/// </summary>
public sealed class HeaderTests(ITestOutputHelper output)
{
    private const int PayloadsPerHeader = 40;

    // What is larger is a class of its own, which the web server may refuse before there is a request.
    private const int MaxBytes = 6000;

    private static readonly string[] Headers =
    [
        "authorization",
        "authorization (token)",
        "x-request-id",
        "user-agent",
        "grpc-timeout",
        "grpc-encoding",
        "grpc-accept-encoding",
        "if-match",
        "accept",
        "traceparent",
        "x-forwarded-for",
        "x-http-method-override",
        "x-text-bin",
    ];

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task Hostile_text_in_any_header_is_taken_or_refused_with_a_reason(Engine engine)
    {
        var payloads = Payloads
            .All()
            .Where(text => text.All(c => c >= ' ') && Encoding.UTF8.GetByteCount(text) <= MaxBytes)
            .ToList();
        var next = 0;
        var tally = new Tally();
        await using var server = await VibeServer.StartAsync(engine);
        using var wire = new Wire(server);
        var alice = await server.PersonAsync("alice");
        await alice.Own.CreateAsync(alice.Collection("movies"), "m1", """{"a":1}""");
        IMessage[] requests =
        [
            new GetDocumentRequest { Name = alice.Document("movies", "m1") },
            new UpdateDocumentRequest
            {
                Name = alice.Document("movies", "none"),
                Document = new Document { Json = ByteString.CopyFromUtf8("{\"a\":2}") },
            },
        ];
        var before = await Remains.OfAsync(server);
        foreach (var header in Headers)
        foreach (var protocol in Enum.GetValues<Protocol>())
            for (var count = 0; count < PayloadsPerHeader; count++)
            {
                var text = payloads[next++ % payloads.Count];
                var request = requests[count % requests.Length];
                var method = AccessTable.Rows.Single(row => row.Method.InputType == request.Descriptor).Method;
                var isToken = header.EndsWith(')');
                var isAuthorization = header.StartsWith("authorization", StringComparison.Ordinal);
                var answer = await wire.CallWithAsync(
                    protocol,
                    isAuthorization ? null : alice.Own.Token,
                    method,
                    request,
                    (header.Split(' ')[0], isToken ? $"Bearer {text}" : text)
                );
                var flaw = answer.Flaw(text);
                if (flaw is null && isAuthorization && answer.IsOk)
                    flaw = "let in";
                tally.Count(header, $"{protocol}", answer, text, flaw);
            }
        Assert.Equal(before, await Remains.OfAsync(server));
        foreach (var error in server.Errors)
            tally.Blame("log", "", "", error);
        tally.Report(output);
    }
}
