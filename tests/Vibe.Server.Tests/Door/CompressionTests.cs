using Google.Protobuf;
using Grpc.Core;
using Vibe.Data.V1;
using Vibe.Sync.V1;
using Vibe.Testing;

namespace Vibe.Server.Tests.Door;

/// <summary>
/// An answer that holds what several wrote is never compressed: whoever writes one member and sees the lengths of answers to others
/// would learn the rest of the document, guess by guess.
/// </summary>
public sealed class CompressionTests
{
    private const string All = "gzip, deflate, br, zstd, *";

    private static readonly string Much = new('a', 64 * 1024);

    [Theory]
    [InlineData("/v1/spaces/me/collections/movies/documents/m1")]
    [InlineData("/v1/spaces/me/collections/movies/documents")]
    [InlineData("/v1/spaces/me/collections/movies:pull")]
    [InlineData("/v1/spaces/me/collections/movies:subscribe")]
    [InlineData("/v1/spaces/me/collections/movies/documents/none")]
    public async Task Rest_answers_as_it_is_whatever_its_caller_takes(string path)
    {
        await using var server = await VibeServer.StartAsync(Engine.Sqlite);
        var alice = await WithDocumentAsync(server);
        using var client = alice.Own.Rest();
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("accept-encoding", All);

        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        Assert.Empty(answer.Content.Headers.ContentEncoding);
        await using var body = await answer.Content.ReadAsStreamAsync();
        Assert.Equal('{', body.ReadByte());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Grpc_answers_as_it_is_whatever_its_caller_takes(bool isWeb)
    {
        await using var server = await VibeServer.StartAsync(Engine.Sqlite);
        var alice = await WithDocumentAsync(server);
        var invoker = isWeb ? alice.Own.WebInvoker : alice.Own.Invoker;
        var takes = new Metadata { { "grpc-accept-encoding", All }, { "accept-encoding", All } };

        using var call = new DocumentService.DocumentServiceClient(invoker).GetDocumentAsync(
            new GetDocumentRequest { Name = "spaces/me/collections/movies/documents/m1" },
            takes
        );
        using var stream = new SyncService.SyncServiceClient(invoker).Subscribe(
            new SubscribeRequest { Scope = new Scope { Collection = "spaces/me/collections/movies" } },
            takes
        );

        foreach (var headers in new[] { await call.ResponseHeadersAsync, await stream.ResponseHeadersAsync })
        {
            Assert.Contains(headers.GetValue("grpc-encoding"), new[] { null, "identity" });
            Assert.Null(headers.GetValue("content-encoding"));
        }
        await call;
    }

    private static async Task<Person> WithDocumentAsync(VibeServer server)
    {
        var alice = await server.PersonAsync("alice");
        await alice.Own.Documents.CreateDocumentAsync(
            new CreateDocumentRequest
            {
                Parent = alice.Collection("movies"),
                DocumentId = "m1",
                Document = new Document { Json = ByteString.CopyFromUtf8($$"""{"Title":"{{Much}}"}""") },
            }
        );
        return alice;
    }
}
