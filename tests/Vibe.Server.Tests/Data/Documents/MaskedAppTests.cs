using System.Net.Http.Json;
using Google.Protobuf;
using Vibe.Data.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.DocumentCalls;

namespace Vibe.Server.Tests.Data.Documents;

/// <summary>An app that was allowed two members, one with a space in its name, never receives a third.</summary>
public abstract class MaskedAppTests(EngineServer shared) : FrontDoorTests(shared)
{
    private const string Canary = "canary";
    private const string Seen = """{"Release Date":"1979","Title":"Alien"}""";

    private static readonly string Whole =
        $$"""{"Release Date":"1979","Title":"Alien","{{Canary}}-name":{"deep":["{{Canary}}"]},"US Gross":12345678}""";

    [Fact]
    public async Task Nothing_that_an_app_receives_holds_a_member_outside_its_grant()
    {
        var app = await AppAsync([Read, Create, Update], "/Title", "/Release Date");
        await Own.CreateAsync(Movies, "m1", Whole);
        await Own.CreateAsync(Movies, "m2", Whole);
        var received = new List<string>
        {
            (await app.Actor.GetAsync(Movie("m1"))).ToString(),
            (await app.Actor.Documents.GetDocumentAsync(new GetDocumentRequest { Name = Movie("m1") })).ToString(),
            (await app.Actor.ListAsync(Movies)).ToString(),
            (await app.Actor.Documents.ListDocumentsAsync(new ListDocumentsRequest { Parent = Movies })).ToString(),
            (await app.Actor.UpdateAsync(Movie("m1"), """{"Title":"Alien"}""")).ToString(),
            (await app.Actor.UpdateAsync(Movie("m1"), Seen, ["*"])).ToString(),
            (await app.Actor.CreateAsync(Movies, "m3", Seen)).ToString(),
            (await app.Actor.BatchAsync("spaces/me", [Change(Movie("m1"), """{"Title":"Alien"}""")])).ToString(),
            (await app.Actor.PullAsync(Movies)).Changes.Select(change => change.ToString()).Aggregate(string.Concat),
            await ToldAsync(() => app.Actor.UpdateAsync(Movie("m1"), """{"US Gross":1}""")),
            await ToldAsync(() => app.Actor.UpdateAsync(Movie("m1"), "{}", [$"/US Gross/{1}"])),
            await ToldAsync(() => app.Actor.UpdateAsync(Movie("m1"), "{}", ["/Title/a/b"])),
            await ToldAsync(() => app.Actor.UpdateAsync(Movie("m1"), "{}", ifMatch: "x")),
            await ToldAsync(() => app.Actor.CreateAsync(Movies, "m1", Seen)),
        };
        using var client = app.Actor.Rest();
        foreach (var form in new[] { "", "?jsonBodies=true" })
        {
            received.Add(await client.GetStringAsync($"/v1/{Movie("m1")}{form}"));
            received.Add(await client.GetStringAsync($"/v1/{Movies}/documents{form}"));
        }
        var values = new Dictionary<string, string> { ["Release Date"] = "1979" };
        var updated = await client.PatchAsync(
            $"/v1/{Movie("m1")}?updatePaths=/Release%20Date",
            JsonContent.Create(new { body = values })
        );
        updated.EnsureSuccessStatusCode();
        received.Add(await updated.Content.ReadAsStringAsync());
        var refused = await client.PatchAsync(
            $"/v1/{Movie("m1")}?updatePaths=/US%20Gross",
            JsonContent.Create(new { body = new Dictionary<string, int> { ["US Gross"] = 1 } })
        );
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, refused.StatusCode);
        received.Add(await refused.Content.ReadAsStringAsync());
        Assert.All(
            received,
            text =>
            {
                Assert.DoesNotContain(Canary, text, StringComparison.OrdinalIgnoreCase);
                Assert.DoesNotContain(Convert.ToBase64String("Gross"u8)[..6], text, StringComparison.Ordinal);
                Assert.DoesNotContain("12345678", text, StringComparison.Ordinal);
            }
        );
        Assert.Contains("Release Date", received[1], StringComparison.Ordinal);
        Assert.Equal(Seen, (await app.Actor.GetAsync(Movie("m1"))).Text());
        Assert.Equal(
            JsonOracle.Canonical(System.Text.Json.Nodes.JsonNode.Parse(Whole)),
            (await Own.GetAsync(Movie("m1"))).Text()
        );
    }

    [Fact]
    public async Task A_hidden_edit_changes_neither_etag_nor_time_nor_the_feed()
    {
        var app = await AppAsync([Read], "/Title", "/Release Date");
        await Own.CreateAsync(Movies, "m1", Whole);
        var seen = await app.Actor.GetAsync(Movie("m1"));
        var (_, token) = await app.Actor.PullAsync(Movies);
        await Own.UpdateAsync(Movie("m1"), """{"US Gross":1,"more":2}""");
        await Own.UpdateAsync(Movie("m1"), "{}", ["/US Gross"]);
        await Own.ShareAsync(Movie("m1"), Allowing("did:vibe:bob", Read));
        await Own.UpdateAsync(Movie("m1"), Seen);
        Assert.Equal(seen, await app.Actor.GetAsync(Movie("m1")));
        Assert.Equal([seen], await app.Actor.ListAllAsync(Movies));
        Assert.Empty((await app.Actor.PullAsync(Movies, token)).Changes);
        await Own.UpdateAsync(Movie("m1"), """{"Title":"Aliens"}""");
        var after = await app.Actor.GetAsync(Movie("m1"));
        Assert.NotEqual(seen.Etag, after.Etag);
        Assert.Equal(seen.CreateTime, after.CreateTime);
        Assert.Single((await app.Actor.PullAsync(Movies, token)).Changes);
    }

    [Fact]
    public async Task Twins_that_differ_in_hidden_members_have_the_same_etag()
    {
        var app = await AppAsync([Read], "/Title", "/Release Date");
        await Own.CreateAsync(Movies, "m1", Whole);
        await Own.CreateAsync(Movies, "m2", Seen);
        Assert.Equal((await app.Actor.GetAsync(Movie("m1"))).Etag, (await app.Actor.GetAsync(Movie("m2"))).Etag);
    }

    [Fact]
    public async Task An_app_that_may_only_write_gets_neither_etag_nor_content_back()
    {
        var app = await AppAsync([Create, Update, Delete], "*");
        var bare = new Document { Name = Movie("m1") };
        Assert.Equal(bare, await app.Actor.CreateAsync(Movies, "m1", Whole, "k"));
        Assert.Equal(bare, await app.Actor.CreateAsync(Movies, "m1", Whole, "k"));
        Assert.Equal(bare, await app.Actor.UpdateAsync(Movie("m1"), """{"a":1}"""));
        Assert.Equal(bare, await app.Actor.UpdateAsync(Movie("m1"), "{}", ["*"]));
        var batch = await app.Actor.BatchAsync("spaces/me", [Change(Movie("m1"), Whole)]);
        Assert.Equal([new WriteResult { Document = Movie("m1") }], batch.Results);
        foreach (var path in new[] { "/Title/a", "/never/a" })
        {
            var refusal = await Vibe.Testing.Refused.Async(() => app.Actor.UpdateAsync(Movie("m1"), "{}", [path]));
            Assert.Equal(("FIELD_NOT_GRANTED", "OPERATION_READ"), (refusal.Reason(), refusal.Metadata()["operation"]));
        }
        Assert.Equal("NOT_GRANTED", await ReasonAsync(() => app.Actor.GetAsync(Movie("m1"))));
        Assert.Equal("NOT_GRANTED", await ReasonAsync(() => app.Actor.ListAsync(Movies)));
        Assert.Equal("NOT_GRANTED", await ReasonAsync(() => app.Actor.PullAsync(Movies)));
    }

    public sealed class OnSqlite(SqliteServer server) : MaskedAppTests(server), IClassFixture<SqliteServer>;

    public sealed class OnPostgres(PostgresServer server) : MaskedAppTests(server), IClassFixture<PostgresServer>;
}
