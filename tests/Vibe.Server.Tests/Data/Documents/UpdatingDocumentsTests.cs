using Vibe.Testing;
using static Vibe.Server.Tests.DocumentCalls;

namespace Vibe.Server.Tests.Data.Documents;

public abstract class UpdatingDocumentsTests(EngineServer shared) : FrontDoorTests(shared)
{
    private const string Alien = """{"Title":"Alien","Year":1979,"cast":{"Ripley":"Weaver"}}""";

    [Fact]
    public async Task Without_paths_the_members_present_are_set_and_none_is_removed()
    {
        await Own.CreateAsync(Movies, "m1", Alien);
        var updated = await Own.UpdateAsync(Movie("m1"), """{"Title":null,"cast":{},"new":[1]}""");
        Assert.Equal("""{"Title":null,"Year":1979,"cast":{},"new":[1]}""", updated.Text());
        Assert.Equal(updated, await Own.GetAsync(Movie("m1")));
    }

    [Fact]
    public async Task What_a_path_names_is_set_or_removed_and_nothing_else()
    {
        await Own.CreateAsync(Movies, "m1", Alien);
        var updated = await Own.UpdateAsync(Movie("m1"), """{"Title":"Aliens"}""", ["/Title", "/Year"]);
        Assert.Equal("""{"Title":"Aliens","cast":{"Ripley":"Weaver"}}""", updated.Text());
    }

    [Fact]
    public async Task Everything_is_replaced_by_a_star()
    {
        await Own.CreateAsync(Movies, "m1", Alien);
        Assert.Equal("""{"a":1}""", (await Own.UpdateAsync(Movie("m1"), """{"a":1}""", ["*"])).Text());
        Assert.Equal("{}", (await Own.UpdateAsync(Movie("m1"), "{}", ["*"])).Text());
    }

    [Fact]
    public async Task Deep_paths_reach_into_objects_and_make_them()
    {
        await Own.CreateAsync(Movies, "m1", Alien);
        var updated = await Own.UpdateAsync(
            Movie("m1"),
            """{"cast":{"Ash":"Holm"},"a":{"b":{"c":1}}}""",
            ["/cast/Ash", "/cast/Ripley", "/a/b/c"]
        );
        Assert.Equal("""{"Title":"Alien","Year":1979,"a":{"b":{"c":1}},"cast":{"Ash":"Holm"}}""", updated.Text());
    }

    [Fact]
    public async Task A_path_through_what_is_no_object_is_refused()
    {
        await Own.CreateAsync(Movies, "m1", Alien);
        var refusal = await Vibe.Testing.Refused.Async(() =>
            Own.UpdateAsync(Movie("m1"), """{"Year":{"a":1}}""", ["/Year/a"])
        );
        Assert.Equal("MEMBER_NOT_OBJECT", refusal.Reason());
        Assert.Equal("/Year", refusal.Metadata()["path"]);
        Assert.Equal(Movie("m1"), refusal.Metadata()["resource"]);
    }

    [Theory]
    [InlineData("""{"a":1}""", "/b")]
    [InlineData("""{"a":1}""", "a")]
    [InlineData("""{"a":1}""", "")]
    [InlineData("""{"a":1}""", "*", "/a")]
    [InlineData("""{"a":1}""", "/a", "/a")]
    [InlineData("""{"a":{"b":1}}""", "/a", "/a/b")]
    [InlineData("""{"a":1}""", "/a/b")]
    [InlineData("""{"a":1}""", "/a", "/1/2/3/4/5/6/7/8/9")]
    [InlineData("""{"a":1}""", "/a", "/~2")]
    public async Task Paths_that_say_nothing_clear_are_refused(string json, params string[] paths)
    {
        await Own.CreateAsync(Movies, "m1", "{}");
        Assert.Equal("PATH_INVALID", await ReasonAsync(() => Own.UpdateAsync(Movie("m1"), json, paths)));
        Assert.Equal("PATH_INVALID", await ReasonAsync(() => Own.UpdateAsync(Movie("m2"), json, paths)));
    }

    [Fact]
    public async Task A_member_outside_the_grant_is_refused_whether_it_is_there_or_not()
    {
        var app = await AppAsync([Read, Update], "/Title");
        await Own.CreateAsync(Movies, "with", """{"Title":"Alien","Year":1979}""");
        await Own.CreateAsync(Movies, "without", """{"Title":"Alien"}""");
        var told = await ToldAsync(() => app.Actor.UpdateAsync(Movie("with"), """{"Year":1}"""), "with");
        Assert.Contains("FIELD_NOT_GRANTED", told, StringComparison.Ordinal);
        Assert.Equal(told, await ToldAsync(() => app.Actor.UpdateAsync(Movie("without"), """{"Year":1}"""), "without"));
        Assert.Equal(told, await ToldAsync(() => app.Actor.UpdateAsync(Movie("never"), """{"Year":1}"""), "never"));
        Assert.Equal(told, await ToldAsync(() => app.Actor.UpdateAsync(Movie("with"), "{}", ["/Year"]), "with"));
    }

    [Fact]
    public async Task A_star_replaces_what_the_app_may_update_and_touches_nothing_else()
    {
        var app = await AppAsync([Read, Update], "/Title", "/tags");
        await Own.CreateAsync(Movies, "m1", """{"Title":"Alien","Year":1979,"tags":[1]}""");
        var updated = await app.Actor.UpdateAsync(Movie("m1"), """{"Title":"Aliens"}""", ["*"]);
        Assert.Equal("""{"Title":"Aliens"}""", updated.Text());
        Assert.Equal("""{"Title":"Aliens","Year":1979}""", (await Own.GetAsync(Movie("m1"))).Text());
        Assert.Equal(
            "FIELD_NOT_GRANTED",
            await ReasonAsync(() => app.Actor.UpdateAsync(Movie("m1"), """{"Year":1}""", ["*"]))
        );
    }

    [Fact]
    public async Task A_deep_path_needs_the_right_to_read_its_first_member()
    {
        var app = await AppAsync(new Allow("movies", [Read], "/Title"), new Allow("movies", [Update], "/cast"));
        await Own.CreateAsync(Movies, "m1", Alien);
        var refusal = await Vibe.Testing.Refused.Async(() =>
            app.Actor.UpdateAsync(Movie("m1"), """{"cast":{"Ash":"Holm"}}""", ["/cast/Ash"])
        );
        Assert.Equal("FIELD_NOT_GRANTED", refusal.Reason());
        Assert.Equal("OPERATION_READ", refusal.Metadata()["operation"]);
        var updated = await app.Actor.UpdateAsync(Movie("m1"), """{"cast":{}}""", ["/cast"]);
        Assert.Equal("""{"Title":"Alien"}""", updated.Text());
    }

    [Fact]
    public async Task A_missing_document_is_not_found_or_made_where_that_is_asked_for()
    {
        Assert.Equal("RESOURCE_NOT_FOUND", await ReasonAsync(() => Own.UpdateAsync(Movie("m1"), """{"a":1}""")));
        var made = await Own.UpdateAsync(Movie("m1"), """{"a":1}""", ["/a", "/b"], allowMissing: true);
        Assert.Equal("""{"a":1}""", made.Text());
        Assert.Equal(made, await Own.GetAsync(Movie("m1")));
        var changed = await Own.UpdateAsync(Movie("m1"), """{"a":2}""", allowMissing: true);
        Assert.Equal("""{"a":2}""", changed.Text());
    }

    [Fact]
    public async Task To_make_what_is_missing_takes_the_right_to_create_even_where_nothing_is_missing()
    {
        var app = await AppAsync([Read, Update], "*");
        await Own.CreateAsync(Movies, "m1");
        var told = await ToldAsync(() => app.Actor.UpdateAsync(Movie("m1"), "{}", allowMissing: true), "m1");
        Assert.Contains("OPERATION_CREATE", told, StringComparison.Ordinal);
        Assert.Equal(told, await ToldAsync(() => app.Actor.UpdateAsync(Movie("m2"), "{}", allowMissing: true), "m2"));
        var narrow = await AppAsync(new Allow("movies", [Read, Update], "*"), new Allow("movies", [Create], "/Title"));
        Assert.Equal(
            "FIELD_NOT_GRANTED",
            await ReasonAsync(() => narrow.Actor.UpdateAsync(Movie("m1"), """{"Year":1}""", allowMissing: true))
        );
        await narrow.Actor.UpdateAsync(Movie("m2"), """{"Title":"Alien"}""", allowMissing: true);
    }

    [Fact]
    public async Task To_ask_for_an_etag_and_for_a_missing_document_contradicts_itself() =>
        Assert.Equal(
            "FIELD_INVALID",
            await ReasonAsync(() => Own.UpdateAsync(Movie("m1"), "{}", ifMatch: "*", allowMissing: true))
        );

    [Fact]
    public async Task An_update_that_changes_nothing_succeeds_and_nobody_hears_of_it()
    {
        var created = await Own.CreateAsync(Movies, "m1", Alien);
        var (_, token) = await Own.PullAsync(Movies);
        Assert.Equal(created, await Own.UpdateAsync(Movie("m1"), """{"Year":1.979e3}"""));
        Assert.Equal(created, await Own.UpdateAsync(Movie("m1"), "{}"));
        Assert.Equal(created, await Own.UpdateAsync(Movie("m1"), "{}", ["/never", "/not/there"]));
        Assert.Equal(created, await Own.UpdateAsync(Movie("m1"), Alien, ["*"]));
        await Own.ShareAsync(Movie("m1"), null);
        await Own.DeleteAsync(Movie("m2"), allowMissing: true);
        Assert.Empty((await Own.PullAsync(Movies, token)).Changes);
        Assert.Equal(created, await Own.GetAsync(Movie("m1")));
    }

    [Fact]
    public async Task What_was_read_can_be_sent_back_as_it_is()
    {
        var created = await Own.CreateAsync(Movies, "m1", Alien, acl: Allowing("did:vibe:bob", Read));
        var request = new Vibe.Data.V1.UpdateDocumentRequest { Name = Movie("m1"), Document = created.Clone() };
        request.Document.Name = "whatever";
        Assert.Equal(created, (await Own.Documents.UpdateDocumentAsync(request)).Document);
    }

    [Fact]
    public async Task Time_goes_on_with_each_change_and_creation_stays()
    {
        var created = await Own.CreateAsync(Movies, "m1");
        var before = created;
        for (var round = 0; round < 5; round++)
        {
            var after = await Own.UpdateAsync(Movie("m1"), $$"""{"n":{{round}}}""");
            Assert.Equal(created.CreateTime, after.CreateTime);
            Assert.True(after.UpdateTime.ToDateTimeOffset() >= before.UpdateTime.ToDateTimeOffset());
            Assert.NotEqual(before.Etag, after.Etag);
            before = after;
        }
    }

    [Fact]
    public async Task A_member_that_comes_back_with_its_value_gives_the_etag_back()
    {
        var created = await Own.CreateAsync(Movies, "m1", """{"a":1}""");
        await Own.UpdateAsync(Movie("m1"), "{}", ["/a"]);
        Assert.Equal(created.Etag, (await Own.UpdateAsync(Movie("m1"), """{"a":1}""")).Etag);
    }

    [Fact]
    public async Task A_document_is_deleted_whole_and_once()
    {
        var app = await AppAsync(new Allow("movies", [Delete]), new Allow("movies", [Read], "/Title"));
        await Own.CreateAsync(Movies, "m1", Alien);
        await app.Actor.DeleteAsync(Movie("m1"));
        Assert.Equal("RESOURCE_NOT_FOUND", await ReasonAsync(() => Own.GetAsync(Movie("m1"))));
        Assert.Empty(await Own.ListAllAsync(Movies));
        Assert.Equal("RESOURCE_NOT_FOUND", await ReasonAsync(() => Own.DeleteAsync(Movie("m1"))));
        Assert.Equal("RESOURCE_NOT_FOUND", await ReasonAsync(() => Own.UpdateAsync(Movie("m1"), "{}")));
        Assert.Equal("RESOURCE_NOT_FOUND", await ReasonAsync(() => Own.ShareAsync(Movie("m1"), null)));
        await Own.DeleteAsync(Movie("m1"), allowMissing: true);
        await Own.DeleteAsync(Movie("never"), allowMissing: true);
        await Own.CreateAsync(Movies, "never");
    }

    [Fact]
    public async Task A_token_of_a_write_is_good_for_reading_it()
    {
        var created = await Own.CreatedAsync(Movies, "m1");
        Assert.Equal(created.Document, await Own.GetAsync(Movie("m1"), created.ConsistencyToken));
        var missing = await Own.DeleteAsync(Movie("never"), allowMissing: true);
        Assert.Equal(created.ConsistencyToken.Length, missing.Length);
        await Own.GetAsync(Movie("m1"), missing);
        Assert.Equal("CONSISTENCY_TOKEN_INVALID", await ReasonAsync(() => Own.GetAsync(Movie("m1"), "x")));
        var bob = await Server.PersonAsync("bob");
        var another = await bob.Own.CreatedAsync("spaces/me/collections/movies", "m1");
        Assert.Equal(
            "CONSISTENCY_TOKEN_INVALID",
            await ReasonAsync(() => Own.GetAsync(Movie("m1"), another.ConsistencyToken))
        );
    }

    public sealed class OnSqlite(SqliteServer server) : UpdatingDocumentsTests(server), IClassFixture<SqliteServer>;

    public sealed class OnPostgres(PostgresServer server)
        : UpdatingDocumentsTests(server),
            IClassFixture<PostgresServer>;
}
