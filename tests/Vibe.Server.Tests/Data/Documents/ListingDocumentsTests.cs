using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Vibe.Data.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.DocumentCalls;

namespace Vibe.Server.Tests.Data.Documents;

public abstract class ListingDocumentsTests(EngineServer shared) : FrontDoorTests(shared)
{
    private const int PageBytes = 3 * 1024 * 1024;

    private static readonly string[] Ids = ["b", "A", "a", "-", "~", "_", "0", "Z", "aa", "a.b", "B-1", "a-b", "a_b"];

    [Fact]
    public async Task Documents_come_in_the_order_of_the_bytes_of_their_ids_on_pages_of_any_size()
    {
        await Own.BatchAsync("spaces/me", Ids.Select(id => Creation(Movie(id))));
        await Own.DeleteAsync(Movie("a"));
        var expected = Ids.Except(["a"]).Order(StringComparer.Ordinal).Select(Movie).ToArray();
        for (var size = 1; size <= Ids.Length + 1; size++)
        {
            var all = await Own.ListAllAsync(Movies, size);
            Assert.Equal(expected, all.Select(document => document.Name));
        }
        Assert.Equal(await Own.GetAsync(Movie("b")), (await Own.ListAllAsync(Movies)).Last(d => d.Name == Movie("b")));
    }

    [Fact]
    public async Task The_last_page_is_known_by_its_token_alone()
    {
        Assert.Equal(new ListDocumentsResponse(), await Own.ListAsync(Movies));
        await Own.BatchAsync("spaces/me", Ids.Select(id => Creation(Movie(id))));
        Assert.Empty((await Own.ListAsync(Movies, Ids.Length)).NextPageToken);
        Assert.Empty((await Own.ListAsync(Movies, Ids.Length + 1)).NextPageToken);
        Assert.NotEmpty((await Own.ListAsync(Movies, Ids.Length - 1)).NextPageToken);
    }

    [Fact]
    public async Task What_is_there_all_the_time_comes_exactly_once_whatever_is_written_meanwhile()
    {
        var stays = Enumerable.Range(0, 40).Select(n => $"m{n:00}").ToArray();
        await Own.BatchAsync("spaces/me", stays.Select(id => Creation(Movie(id))));
        var round = 0;
        var all = await Own.ListAllAsync(
            Movies,
            3,
            async () =>
            {
                round++;
                await Own.BatchAsync(
                    "spaces/me",
                    [
                        Creation(Movie($"a{round}")),
                        Creation(Movie($"m{round:00}x")),
                        Creation(Movie($"z{round}")),
                        Change(Movie(stays[round % 40]), $$"""{"n":{{round}}}"""),
                        .. round > 1 ? [Deletion(Movie($"a{round - 1}"))] : Array.Empty<Write>(),
                    ]
                );
            }
        );
        var ids = all.Select(document => document.Name.Split('/')[^1]).ToList();
        Assert.Equal(ids.Distinct().Order(StringComparer.Ordinal), ids);
        Assert.Equal(stays, ids.Intersect(stays));
    }

    [Fact]
    public async Task A_page_token_is_of_one_caller_one_grant_and_one_parent()
    {
        var app = await AppAsync(new Allow("movies", [Read], "*"), new Allow("books", [Read], "*"));
        foreach (var collection in new[] { Movies, Alice.Collection("books") })
            for (var n = 0; n < 3; n++)
                await Own.CreateAsync(collection, $"m{n}");
        var token = (await app.Actor.ListAsync(Movies, 1)).NextPageToken;
        var longer = (await app.Actor.ListAsync(Movies, 2)).NextPageToken;
        Assert.Equal(token.Length, longer.Length);
        Assert.Single((await app.Actor.ListAsync("spaces/me/collections/movies", 1, token)).Documents);
        Assert.Equal(2, (await app.WithTokenOf(null).ListAsync(Movies, 5, token)).Documents.Count);
        Func<Task>[] strangers =
        [
            () => Own.ListAsync(Movies, 1, token),
            () => app.Actor.ListAsync(Alice.Collection("books"), 1, token),
            () => app.Actor.ListAsync(Movies, 1, token[..^1]),
            () => app.Actor.ListAsync(Movies, 1, (token[0] == 'A' ? 'B' : 'A') + token[1..]),
            () => app.Actor.ListAsync(Movies, 1, "x"),
            () => app.Actor.ListAsync(Movies, 1, "§"),
            () => app.Actor.ListAsync(Movies, 1, new string('A', 5000)),
            async () =>
                await app.Actor.Collections.ListCollectionsAsync(
                    new ListCollectionsRequest { Parent = Alice.Space, PageToken = token }
                ),
        ];
        foreach (var call in strangers)
            Assert.Equal("PAGE_TOKEN_INVALID", await ReasonAsync(call));
        await app.RevokeAsync();
        var again = await Alice.AllowAsync(app.App, new Allow("movies", [Read], "*"));
        Assert.Equal("PAGE_TOKEN_INVALID", await ReasonAsync(() => again.Actor.ListAsync(Movies, 1, token)));
    }

    [Fact]
    public async Task A_page_token_gives_no_rights()
    {
        var bob = await Server.PersonAsync("bob");
        for (var n = 0; n < 3; n++)
            await Own.CreateAsync(Movies, $"m{n}", acl: Allowing(bob, Read));
        var token = (await bob.Own.ListAsync(Movies, 1)).NextPageToken;
        await Own.ShareAsync(Movie("m1"), null);
        Assert.Equal([Movie("m2")], (await bob.Own.ListAsync(Movies, 1, token)).Documents.Select(found => found.Name));
    }

    [Fact]
    public async Task Page_sizes_are_bounded()
    {
        Assert.Equal("FIELD_INVALID", await ReasonAsync(() => Own.ListAsync(Movies, -1)));
        Assert.Equal("FIELD_INVALID", await ReasonAsync(() => Own.ListAsync(Movies, int.MinValue)));
        for (var batch = 0; batch < 3; batch++)
            await Own.BatchAsync(
                "spaces/me",
                Enumerable.Range(batch * 350, 350).Select(n => Creation(Movie($"{n:0000}")))
            );
        Assert.Equal(100, (await Own.ListAsync(Movies)).Documents.Count);
        Assert.Equal(999, (await Own.ListAsync(Movies, 999)).Documents.Count);
        Assert.Equal(1000, (await Own.ListAsync(Movies, 1000)).Documents.Count);
        Assert.Equal(1000, (await Own.ListAsync(Movies, int.MaxValue)).Documents.Count);
        Assert.Equal(1050, (await Own.ListAllAsync(Movies, 1000)).Count);
    }

    [Fact]
    public async Task Hidden_documents_and_members_shorten_no_page()
    {
        var bob = await Server.PersonAsync("bob");
        var app = await bob.AppAsync(NewApp(), new Allow("movies", [Read], "/Title") { IncludeShared = true });
        var text = new string('x', 700_000);
        for (var n = 0; n < 12; n++)
            await Own.CreateAsync(
                Movies,
                $"m{n:00}",
                $$"""{"Title":{{n}},"text":"{{text}}"}""",
                acl: n % 3 == 0 ? Allowing(bob, Read) : null
            );
        Assert.Equal(4, (await app.Actor.ListAsync(Movies, 4)).Documents.Count);
        Assert.Empty((await app.Actor.ListAsync(Movies, 4)).NextPageToken);
        Assert.Equal(3, (await bob.Own.ListAsync(Movies)).Documents.Count);
        Assert.Equal(4, (await bob.Own.ListAllAsync(Movies)).Count);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("é")]
    [InlineData("<")]
    [InlineData("\\u001f")]
    [InlineData("\\\"")]
    [InlineData("😀")]
    public async Task A_page_ends_before_it_grows_beyond_three_mebibytes(string character)
    {
        var unit = character.StartsWith('\\') ? character.Length : Encoding.UTF8.GetByteCount(character);
        var text = string.Concat(Enumerable.Repeat(character, 300_000 / unit));
        for (var n = 0; n < 12; n++)
            await Own.CreateAsync(Movies, $"m{n:00}", $$"""{"text":"{{text}}"}""");
        Assert.InRange((await Own.ListAsync(Movies)).CalculateSize(), 1, PageBytes);
        var structured = await Own.Documents.ListDocumentsAsync(new ListDocumentsRequest { Parent = Movies });
        Assert.InRange(structured.CalculateSize(), 1, PageBytes);
        using var client = Own.Rest();
        foreach (var form in new[] { "false", "true" })
        {
            var (token, count) = ("", 0);
            do
            {
                var bytes = await client.GetByteArrayAsync(
                    $"/v1/{Movies}/documents?jsonBodies={form}&pageToken={token}"
                );
                Assert.InRange(bytes.Length, 1, PageBytes);
                var page = JsonSerializer.Deserialize<JsonElement>(bytes);
                count += page.GetProperty("documents").GetArrayLength();
                token = page.TryGetProperty("nextPageToken", out var next) ? next.GetString() : "";
            } while (token is { Length: > 0 });
            Assert.Equal(12, count);
        }
    }

    [Fact]
    public async Task Names_with_a_space_survive_REST()
    {
        await Own.CreateAsync(Movies, "m1", """{"Title":"Alien","Release Date":"1979","IMDB_Votes":5}""");
        using var client = Own.Rest();
        var answer = await client.PatchAsync(
            $"/v1/{Movie("m1")}?updatePaths=/Release%20Date&updatePaths=/IMDB_Votes",
            JsonContent.Create(new { body = new Dictionary<string, object> { ["Release Date"] = "1980" } })
        );
        answer.EnsureSuccessStatusCode();
        Assert.Equal("""{"Release Date":"1980","Title":"Alien"}""", (await Own.GetAsync(Movie("m1"))).Text());
    }

    public sealed class OnSqlite(SqliteServer server) : ListingDocumentsTests(server), IClassFixture<SqliteServer>;

    public sealed class OnPostgres(PostgresServer server)
        : ListingDocumentsTests(server),
            IClassFixture<PostgresServer>;
}
