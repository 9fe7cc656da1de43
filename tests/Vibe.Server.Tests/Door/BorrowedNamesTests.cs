using System.Net;
using Vibe.Access.V1;
using Vibe.Testing;

namespace Vibe.Server.Tests.Door;

/// <summary>Who calls is told by the token alone, and whoever has none learns nothing.</summary>
public sealed class BorrowedNamesTests
{
    [Theory]
    [InlineData("Origin", "https://vibe.example")]
    [InlineData("Origin", "null")]
    [InlineData("Referer", "https://writer.example/page")]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("X-Vibe-App", "apps/writer")]
    [InlineData("User-Agent", "vibe/1")]
    public async Task An_app_gets_what_its_grant_says_whatever_it_says_of_where_it_comes_from(
        string header,
        string value
    )
    {
        await using var server = await VibeServer.StartAsync(Engine.Sqlite);
        var alice = await server.PersonAsync("alice");
        var reader = await alice.AppAsync("reader", new Allow("movies", [Operation.Read], "/Title"));
        await alice.AppAsync("writer", new Allow("movies", [Operation.Read, Operation.Update], "*"));
        await alice.Own.CreateAsync(alice.Collection("movies"), "m1", """{"Title":"Alien","Note":"secret"}""");
        using var client = reader.Actor.Rest();
        Assert.True(client.DefaultRequestHeaders.TryAddWithoutValidation(header, value));

        var read = await client.GetStringAsync($"v1/{alice.Document("movies", "m1")}");
        using var change = new HttpRequestMessage(HttpMethod.Patch, $"v1/{alice.Document("movies", "m1")}")
        {
            Content = new StringContent("""{"body":{"Title":"Aliens"}}""", null, "application/json"),
        };
        using var refused = await client.SendAsync(change);

        Assert.Contains("Alien", read, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", read, StringComparison.Ordinal);
        Assert.Equal("NOT_GRANTED", Protocols.ReasonIn(await refused.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task Without_a_token_a_private_document_and_none_are_refused_in_the_same_bytes()
    {
        await using var server = await VibeServer.StartAsync(Engine.Sqlite);
        var alice = await server.PersonAsync("alice");
        await alice.Own.CreateAsync(alice.Collection("movies"), "m1", """{"Title":"Alien"}""");
        using var client = server.Nobody.Rest();

        var there = await AnswerAsync(client, $"v1/{alice.Document("movies", "m1")}");
        var missing = await AnswerAsync(client, $"v1/{alice.Document("movies", "m2")}");
        var nowhere = await AnswerAsync(client, "v1/spaces/nobody/collections/movies/documents/m1");

        Assert.Equal(HttpStatusCode.Unauthorized, there.Status);
        Assert.Equal(there, missing);
        Assert.Equal(there, nowhere);
    }

    private static async Task<(HttpStatusCode Status, string Headers, string Body)> AnswerAsync(
        HttpClient client,
        string path
    )
    {
        using var response = await client.GetAsync(path);
        var headers = response
            .Headers.Concat(response.Content.Headers)
            .Where(header => header.Key is not ("Date" or "X-Request-ID"))
            .Select(header => $"{header.Key}={string.Join(',', header.Value)}")
            .Order(StringComparer.Ordinal);
        var body = await response.Content.ReadAsStringAsync();
        return (
            response.StatusCode,
            string.Join('\n', headers),
            System.Text.RegularExpressions.Regex.Replace(body, "\"requestId\":\\s*\"[^\"]*\"", "")
        );
    }
}
