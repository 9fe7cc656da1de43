using System.Net;
using Vibe.Testing;

namespace Vibe.Server.Tests.Door;

/// <summary>Pages of other origins may ask, and read what answers carry; what they see, their token alone says.</summary>
public sealed class OtherOriginsTests
{
    private const string GetDocument = "vibe.data.v1.DocumentService/GetDocument";

    [Theory]
    [InlineData("POST", GetDocument, "authorization,content-type,grpc-timeout,x-grpc-web,x-user-agent")]
    [InlineData("PATCH", "v1/spaces/me/collections/movies/documents/m1", "authorization,content-type,if-match")]
    public async Task A_browser_that_asks_first_is_let_through(string method, string path, string headers)
    {
        await using var server = await VibeServer.StartAsync(Engine.Sqlite);
        using var client = server.Nobody.Rest();
        using var question = new HttpRequestMessage(HttpMethod.Options, path)
        {
            Headers =
            {
                { "Origin", "https://app.example" },
                { "Access-Control-Request-Method", method },
                { "Access-Control-Request-Headers", headers },
            },
        };

        using var answer = await client.SendAsync(question);

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(["*"], answer.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Equal([headers], answer.Headers.GetValues("Access-Control-Allow-Headers"));
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    [Fact]
    public async Task A_page_reads_why_it_was_refused_and_under_which_request_id()
    {
        await using var server = await VibeServer.StartAsync(Engine.Sqlite);
        using var client = server.Nobody.Rest();
        using var call = new HttpRequestMessage(HttpMethod.Post, GetDocument)
        {
            Content = new ByteArrayContent(new byte[5])
            {
                Headers = { { "Content-Type", "application/grpc-web+proto" } },
            },
            Headers = { { "Origin", "https://app.example" } },
        };

        using var answer = await client.SendAsync(call);

        Assert.Equal(["16"], answer.Headers.GetValues("grpc-status"));
        var exposed = string.Join(",", answer.Headers.GetValues("Access-Control-Expose-Headers")).Split(',');
        Assert.All(
            ["grpc-status", "grpc-message", "grpc-status-details-bin", "x-request-id"],
            header =>
            {
                Assert.Contains(header, exposed);
                Assert.True(answer.Headers.Contains(header));
            }
        );
    }
}
