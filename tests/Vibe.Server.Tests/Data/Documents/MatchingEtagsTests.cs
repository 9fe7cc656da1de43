using System.Net;
using System.Net.Http.Json;
using Vibe.Data.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.DocumentCalls;

namespace Vibe.Server.Tests.Data.Documents;

public abstract class MatchingEtagsTests(EngineServer shared) : FrontDoorTests(shared)
{
    [Fact]
    public async Task A_write_with_the_present_etag_is_carried_out()
    {
        var created = await Own.CreateAsync(Movies, "m1", """{"a":1}""");
        var updated = await Own.UpdateAsync(Movie("m1"), """{"a":2}""", ifMatch: created.Etag);
        var shared = await Own.ShareAsync(Movie("m1"), Allowing("did:vibe:bob", Read), ifMatch: updated.Etag);
        Assert.NotEqual(updated.Etag, shared.Etag);
        await Own.DeleteAsync(Movie("m1"), ifMatch: shared.Etag);
    }

    [Fact]
    public async Task A_write_with_another_etag_is_aborted_and_told_the_present_one()
    {
        var created = await Own.CreateAsync(Movies, "m1", """{"a":1}""");
        var updated = await Own.UpdateAsync(Movie("m1"), """{"a":2}""");
        foreach (
            var call in (Func<Task>[])
                [
                    () => Own.UpdateAsync(Movie("m1"), """{"a":3}""", ifMatch: created.Etag),
                    () => Own.DeleteAsync(Movie("m1"), ifMatch: created.Etag),
                    () => Own.DeleteAsync(Movie("m1"), ifMatch: created.Etag, allowMissing: true),
                    () => Own.ShareAsync(Movie("m1"), Allowing("did:vibe:bob", Read), ifMatch: created.Etag),
                    () => Own.ShareAsync(Movie("m1"), null, ifMatch: created.Etag),
                    () => Own.UpdateAsync(Movie("m1"), """{"a":2}""", ifMatch: created.Etag),
                ]
        )
        {
            var refusal = await Vibe.Testing.Refused.Async(call);
            Assert.Equal("ETAG_MISMATCH", refusal.Reason());
            Assert.Equal(updated.Etag, refusal.Metadata()["etag"]);
        }
        Assert.Equal(updated, await Own.GetAsync(Movie("m1")));
    }

    [Fact]
    public async Task A_star_matches_every_document_that_exists()
    {
        Assert.Equal("RESOURCE_NOT_FOUND", await ReasonAsync(() => Own.UpdateAsync(Movie("m1"), "{}", ifMatch: "*")));
        await Own.CreateAsync(Movies, "m1");
        await Own.UpdateAsync(Movie("m1"), """{"a":1}""", ifMatch: "*");
        await Own.DeleteAsync(Movie("m1"), ifMatch: "*");
    }

    [Fact]
    public async Task A_change_that_the_writer_cannot_see_does_not_stand_in_its_way()
    {
        var app = await AppAsync([Read, Update, Delete], "/Title");
        await Own.CreateAsync(Movies, "m1", """{"Title":"Alien","Year":1979}""");
        var seen = await app.Actor.GetAsync(Movie("m1"));
        await Own.UpdateAsync(Movie("m1"), """{"Year":1980}""");
        await Own.ShareAsync(Movie("m1"), Allowing("did:vibe:bob", Read));
        await app.Actor.UpdateAsync(Movie("m1"), """{"Title":"Aliens"}""", ifMatch: seen.Etag);
        Assert.Equal("ETAG_MISMATCH", await ReasonAsync(() => app.Actor.DeleteAsync(Movie("m1"), ifMatch: seen.Etag)));
    }

    [Fact]
    public async Task To_match_an_etag_takes_the_right_to_read()
    {
        var app = await AppAsync([Update], "*");
        var created = await Own.CreateAsync(Movies, "m1");
        foreach (var etag in new[] { created.Etag, "*", "x" })
        {
            var refusal = await Vibe.Testing.Refused.Async(() =>
                app.Actor.UpdateAsync(Movie("m1"), """{"a":1}""", ifMatch: etag)
            );
            Assert.Equal("NOT_GRANTED", refusal.Reason());
            Assert.Equal("OPERATION_READ", refusal.Metadata()["operation"]);
        }
    }

    [Fact]
    public async Task Over_HTTP_the_header_If_Match_says_the_same()
    {
        var created = await Own.CreateAsync(Movies, "m1", """{"a":1}""");
        Assert.Equal(HttpStatusCode.Conflict, (await SendAsync(HttpMethod.Patch, "\"x\"")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Patch, $"\"{created.Etag}\"")).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await SendAsync(HttpMethod.Patch, $"\"{created.Etag}\"")).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await SendAsync(HttpMethod.Delete, $"\"{created.Etag}\"")).StatusCode);
        var both = await SendAsync(HttpMethod.Patch, $"\"{created.Etag}\"", "?ifMatch=other");
        Assert.Equal(HttpStatusCode.BadRequest, both.StatusCode);
        Assert.Contains("FIELD_INVALID", await both.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Delete, "*")).StatusCode);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string ifMatch, string query = "")
    {
        using var client = Own.Rest();
        var request = new HttpRequestMessage(method, $"/v1/{Movie("m1")}{query}");
        request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        if (method == HttpMethod.Patch)
            request.Content = JsonContent.Create(new { body = new { a = 2 } });
        return await client.SendAsync(request);
    }

    public sealed class OnSqlite(SqliteServer server) : MatchingEtagsTests(server), IClassFixture<SqliteServer>;

    public sealed class OnPostgres(PostgresServer server) : MatchingEtagsTests(server), IClassFixture<PostgresServer>;
}
