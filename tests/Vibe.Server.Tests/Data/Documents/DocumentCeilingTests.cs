using System.Text;
using Vibe.Data.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.DocumentCalls;
using static Vibe.Server.Tests.Sized;

namespace Vibe.Server.Tests.Data.Documents;

/// <summary>The limits on documents, each one below, at, and one above.</summary>
public abstract class DocumentCeilingTests(EngineServer shared) : FrontDoorTests(shared)
{
    private const int Share1MiB = 1 << 20;
    private const int Values = 45_000;

    [Fact]
    public async Task A_document_holds_a_mebibyte_of_canonical_JSON()
    {
        await Own.CreateAsync(Movies, "below", OfSize("a", Share1MiB - 1));
        await Own.CreateAsync(Movies, "at", OfSize("a", Share1MiB));
        var refusal = await Vibe.Testing.Refused.Async(() =>
            Own.CreateAsync(Movies, "above", OfSize("a", Share1MiB + 1))
        );
        Assert.Equal(("DOCUMENT_TOO_LARGE", $"{Share1MiB}"), (refusal.Reason(), refusal.Metadata()["limit"]));
        var some = await AppAsync([Read, Update], "/a", "/b");
        Assert.Equal("DOCUMENT_TOO_LARGE", await ReasonAsync(() => some.Actor.UpdateAsync(Movie("at"), """{"b":1}""")));
        await Own.CreateAsync(Movies, "blank", OfSize("a", Share1MiB - 10).Insert(1, new string(' ', 100)));
        Assert.Equal(4, (await Own.ListAllAsync(Movies)).Count + 1);
    }

    [Fact]
    public async Task A_document_holds_45000_values()
    {
        await Own.CreateAsync(Movies, "below", OfValues(Values - 1));
        await Own.CreateAsync(Movies, "at", OfValues(Values));
        var refusal = await Vibe.Testing.Refused.Async(() => Own.CreateAsync(Movies, "above", OfValues(Values + 1)));
        Assert.Equal(("DOCUMENT_TOO_MANY_VALUES", "45000"), (refusal.Reason(), refusal.Metadata()["limit"]));
        var some = (await AppAsync([Read, Update], "/a", "/b")).Actor;
        await some.UpdateAsync(Movie("below"), """{"b":1}""");
        Assert.Equal("DOCUMENT_TOO_MANY_VALUES", await ReasonAsync(() => some.UpdateAsync(Movie("at"), """{"b":1}""")));
    }

    [Fact]
    public async Task A_document_nests_30_levels()
    {
        await Own.CreateAsync(Movies, "below", OfDepth(29));
        await Own.CreateAsync(Movies, "at", OfDepth(30));
        Assert.Equal("DOCUMENT_TOO_DEEP", await ReasonAsync(() => Own.CreateAsync(Movies, "above", OfDepth(31))));
        Assert.Equal("DOCUMENT_TOO_DEEP", await ReasonAsync(() => Own.UpdateAsync(Movie("at"), OfDepth(31))));
        await Own.UpdateAsync(Movie("at"), OfDepth(30).Replace("1", "2", StringComparison.Ordinal));
        var structured = await Own.Documents.GetDocumentAsync(new GetDocumentRequest { Name = Movie("at") });
        Assert.NotNull(structured.Document.Body);
        using var client = Own.Rest();
        Assert.Contains("2", await client.GetStringAsync($"/v1/{Movie("at")}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_of_a_member_holds_256_bytes()
    {
        await Own.CreateAsync(Movies, "below", Named(new string('n', 255)));
        await Own.CreateAsync(Movies, "at", Named(new string('é', 128)));
        var above = Named(new string('é', 128) + "n");
        Assert.Equal("MEMBER_NAME_TOO_LONG", await ReasonAsync(() => Own.CreateAsync(Movies, "above", above)));
        Assert.Equal("MEMBER_NAME_TOO_LONG", await ReasonAsync(() => Own.UpdateAsync(Movie("at"), above)));
    }

    [Fact]
    public async Task Each_writer_is_measured_by_its_own_share_and_the_whole_says_nothing_more()
    {
        var a = await AppAsync([Read, Create, Update], "/a");
        var b = await AppAsync([Read, Update], "/b");
        var c = await AppAsync([Read, Update], "/c");
        await a.Actor.CreateAsync(Movies, "m1", OfSize("a", Share1MiB));
        await b.Actor.UpdateAsync(Movie("m1"), OfSize("b", Share1MiB - 10));
        var told = await ToldAsync(() => c.Actor.UpdateAsync(Movie("m1"), OfSize("c", 10_000)));
        Assert.Contains("DOCUMENT_TOO_LARGE", told, StringComparison.Ordinal);
        Assert.Equal(told, await ToldAsync(() => c.Actor.UpdateAsync(Movie("m1"), OfSize("c", 500_000))));
        Assert.DoesNotContain("values", told, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("{}", (await c.Actor.GetAsync(Movie("m1"))).Text());
        await b.Actor.UpdateAsync(Movie("m1"), """{"b":1}""");
        await c.Actor.UpdateAsync(Movie("m1"), OfSize("c", 10_000));
    }

    [Fact]
    public async Task What_several_apps_wrote_beyond_one_share_locks_nobody_out_who_may_write_all_of_it()
    {
        var a = await AppAsync([Read, Create, Update], "/a");
        var b = await AppAsync([Read, Update], "/b");
        var all = await AppAsync([Read, Create, Update], "*");
        await a.Actor.CreateAsync(Movies, "m1", OfSize("a", Share1MiB));
        await b.Actor.UpdateAsync(Movie("m1"), OfSize("b", Share1MiB - 10_000));

        await Own.UpdateAsync(Movie("m1"), """{"note":"mine"}""");
        await all.Actor.UpdateAsync(Movie("m1"), """{"note":"ours"}""");
        var whole = await Own.GetAsync(Movie("m1"));
        await Own.UpdateAsync(Movie("m1"), whole.Text().Replace("ours", "also", StringComparison.Ordinal), ["*"]);
        await Own.UpdateAsync(Movie("m1"), OfSize("note", 5_000));

        foreach (var actor in new[] { Own, all.Actor })
        {
            var full = await Vibe.Testing.Refused.Async(() => actor.UpdateAsync(Movie("m1"), OfSize("x", 10_000)));
            Assert.Equal(("DOCUMENT_TOO_LARGE", $"{2 * Share1MiB}"), (full.Reason(), full.Metadata()["limit"]));
            var born = await Vibe.Testing.Refused.Async(() =>
                actor.CreateAsync(Movies, "m2", OfSize("a", Share1MiB + 1))
            );
            Assert.Equal(("DOCUMENT_TOO_LARGE", $"{Share1MiB}"), (born.Reason(), born.Metadata()["limit"]));
        }
        await Own.UpdateAsync(Movie("m1"), "{}", ["/b"]);
        await all.Actor.UpdateAsync(Movie("m1"), OfSize("x", 10_000));
    }

    [Fact]
    public async Task The_values_of_the_whole_are_bounded_and_called_too_large()
    {
        var a = await AppAsync([Create], "/a");
        var b = await AppAsync([Update], "/b");
        var c = await AppAsync([Update], "/c");
        await a.Actor.CreateAsync(Movies, "m1", OfValues(Values));
        await b.Actor.UpdateAsync(Movie("m1"), OfValues(Values - 1, "b"));
        await c.Actor.UpdateAsync(Movie("m1"), """{"c":1}""");
        Assert.Equal("DOCUMENT_TOO_LARGE", await ReasonAsync(() => c.Actor.UpdateAsync(Movie("m1"), """{"c":[1]}""")));
        var structured = await Own.Documents.GetDocumentAsync(new GetDocumentRequest { Name = Movie("m1") });
        Assert.InRange(structured.CalculateSize(), 1, 4 * 1024 * 1024);
    }

    [Fact]
    public async Task Members_that_were_removed_go_on_counting()
    {
        var name = new string('n', 250);
        string[] members = [.. Enumerable.Range(0, 100).Select(n => $"/m{n}")];
        var some = (await AppAsync([Read, Update], [.. members, "/a", "/x", "/other", $"/{name}"])).Actor;
        await Own.CreateAsync(Movies, "m1", OfValues(Values - 100));
        await some.UpdateAsync(Movie("m1"), Members(0, 100));
        await some.UpdateAsync(Movie("m1"), "{}", members);
        Assert.Equal("DOCUMENT_TOO_MANY_VALUES", await ReasonAsync(() => some.UpdateAsync(Movie("m1"), """{"x":1}""")));
        await some.UpdateAsync(Movie("m1"), Members(0, 100));
        await Own.CreateAsync(Movies, "m2", OfSize("a", Share1MiB - 260));
        await some.UpdateAsync(Movie("m2"), $$"""{"{{name}}":1}""");
        await some.UpdateAsync(Movie("m2"), "{}", [$"/{name}"]);
        Assert.Equal(
            "DOCUMENT_TOO_LARGE",
            await ReasonAsync(() => some.UpdateAsync(Movie("m2"), """{"other":"123"}"""))
        );
    }

    [Fact]
    public async Task An_update_names_at_most_200_paths()
    {
        await Own.CreateAsync(Movies, "m1");
        var paths = Enumerable.Range(0, 201).Select(n => $"/m{n}").ToArray();
        await Own.UpdateAsync(Movie("m1"), Members(0, 200), paths[..200]);
        var refusal = await Vibe.Testing.Refused.Async(() => Own.UpdateAsync(Movie("m1"), "{}", paths));
        Assert.Equal(("TOO_MANY_ITEMS", "201"), (refusal.Reason(), refusal.Metadata()["actual"]));
    }

    [Fact]
    public async Task A_read_quotes_at_most_32_tokens()
    {
        var token = (await Own.CreatedAsync(Movies, "m1")).ConsistencyToken;
        await Own.GetAsync(Movie("m1"), [.. Enumerable.Repeat(token, 32)]);
        Assert.Equal(
            "TOO_MANY_ITEMS",
            await ReasonAsync(() => Own.GetAsync(Movie("m1"), [.. Enumerable.Repeat(token, 33)]))
        );
    }

    [Fact]
    public async Task A_message_has_at_most_four_mebibytes()
    {
        var writes = Enumerable.Range(0, 4).Select(n => Creation(Movie($"m{n}"), OfSize("a", Share1MiB - 1000)));
        await Own.BatchAsync("spaces/me", writes);
        writes = Enumerable.Range(4, 4).Select(n => Creation(Movie($"m{n}"), OfSize("a", Share1MiB)));
        Assert.Equal("MESSAGE_TOO_LARGE", await ReasonAsync(() => Own.BatchAsync("spaces/me", writes)));
        Assert.Equal(4, (await Own.ListAllAsync(Movies)).Count);
    }

    private static string Members(int from, int count)
    {
        var json = new StringBuilder("{");
        json.AppendJoin(',', Enumerable.Range(from, count).Select(n => $"\"m{n}\":1"));
        return json.Append('}').ToString();
    }

    public sealed class OnSqlite(SqliteServer server) : DocumentCeilingTests(server), IClassFixture<SqliteServer>;

    public sealed class OnPostgres(PostgresServer server) : DocumentCeilingTests(server), IClassFixture<PostgresServer>;
}
