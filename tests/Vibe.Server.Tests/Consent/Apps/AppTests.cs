using Vibe.Access.V1;
using Vibe.Consent.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.DocumentCalls;

namespace Vibe.Server.Tests.Consent.Apps;

public abstract class AppTests(EngineServer shared) : FrontDoorTests(shared)
{
    [Fact]
    public async Task Registering_the_same_app_again_changes_nothing()
    {
        var id = NewApp();
        var first = await RegisterAsync(Own, id, Asking("*"));
        Assert.Equal(first, await RegisterAsync(Own, id, Asking("*")));
        Assert.Equal($"apps/{id}", first.Name);
        Assert.Equal($"accounts/{Alice.Id}", first.Developer);
        Assert.Equal(first.CreateTime, first.UpdateTime);
        Assert.Equal(first, await GetAsync(Server.PersonAsync("bob"), id));
    }

    [Fact]
    public async Task An_id_that_is_taken_by_another_manifest_or_developer_is_refused()
    {
        var id = NewApp();
        var first = await RegisterAsync(Own, id, Asking("*"));
        var bob = await Server.PersonAsync("bob");
        var told = await ToldAsync(() => RegisterAsync(bob.Own, id, Asking("*")));
        Assert.Contains("RESOURCE_EXISTS", told, StringComparison.Ordinal);
        Assert.Equal(told, await ToldAsync(() => RegisterAsync(bob.Own, id, Asking("/a"))));
        Assert.Equal(told, await ToldAsync(() => RegisterAsync(Own, id, Asking("/a"))));
        Assert.Equal(first, await GetAsync(Task.FromResult(bob), id));
    }

    [Theory]
    [InlineData("vibe")]
    [InlineData("me")]
    [InlineData("notes.example.org")]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("-a")]
    [InlineData("1a")]
    [InlineData("A")]
    [InlineData("a_b")]
    [InlineData("a/b")]
    [InlineData("ä")]
    [InlineData("a123456789012345678901234567890123456789012345678901234567890123")]
    public async Task Ids_that_are_kept_or_have_no_form_are_refused(string id) =>
        Assert.Equal("NAME_INVALID", await ReasonAsync(() => RegisterAsync(Own, id, Asking("*"))));

    [Fact]
    public async Task A_manifest_is_checked_entry_by_entry()
    {
        (string Reason, string Field, Action<Manifest> Break)[] wrong =
        [
            ("FIELD_INVALID", "app.manifest.display_name", manifest => manifest.DisplayName = ""),
            ("FIELD_INVALID", "app.manifest.display_name", manifest => manifest.DisplayName = new string('x', 61)),
            ("FIELD_INVALID", "app.manifest.display_name", manifest => manifest.DisplayName = "a\nb"),
            ("FIELD_INVALID", "app.manifest.description", manifest => manifest.Description = new string('x', 301)),
            ("FIELD_INVALID", "app.manifest.access", manifest => manifest.Access.Clear()),
            ("FIELD_INVALID", "app.manifest.access[0].purpose", manifest => manifest.Access[0].Purpose = ""),
            ("FIELD_INVALID", "app.manifest.access[0].operations", manifest => manifest.Access[0].Operations.Clear()),
            ("FIELD_INVALID", "app.manifest.access[0].operations", manifest => manifest.Access[0].Operations.Add(0)),
            (
                "FIELD_INVALID",
                "app.manifest.access[0].operations",
                manifest => manifest.Access[0].Operations.Add((Operation)99)
            ),
            ("FIELD_INVALID", "app.manifest.access[0].fields", manifest => manifest.Access[0].Fields.Clear()),
            ("PATH_INVALID", "app.manifest.access[0].fields[0]", manifest => manifest.Access[0].Fields.Add("/a")),
            ("PATH_INVALID", "app.manifest.access[0].fields[0]", manifest => manifest.Access[0].Fields[0] = "a"),
            ("PATH_INVALID", "app.manifest.access[0].fields[0]", manifest => manifest.Access[0].Fields[0] = "/a/b"),
            ("PATH_INVALID", "app.manifest.access[0].fields[0]", manifest => manifest.Access[0].Fields[0] = "/~2"),
            (
                "PATH_INVALID",
                "app.manifest.access[0].fields[0]",
                manifest => manifest.Access[0].Fields[0] = "/" + new string('x', 257)
            ),
            (
                "PATH_INVALID",
                "app.manifest.access[0].fields[0]",
                manifest => manifest.Access[0].Fields[0] = "/" + new string('é', 100_000)
            ),
            ("NAME_INVALID", "app.manifest.access[0].collection", manifest => manifest.Access[0].Collection = ".."),
        ];
        var id = NewApp();
        foreach (var (reason, field, breakIt) in wrong)
        {
            var manifest = Asking("*");
            breakIt(manifest);
            var refusal = await Vibe.Testing.Refused.Async(() => RegisterAsync(Own, id, manifest));
            Assert.Equal((reason, field), (refusal.Reason(), refusal.Metadata()["field"]));
        }
        await RegisterAsync(Own, id, Asking("/" + new string('x', 256)));
    }

    [Fact]
    public async Task A_manifest_holds_at_most_a_hundred_entries_of_two_hundred_members()
    {
        var manifest = Asking([.. Enumerable.Range(0, 200).Select(n => $"/m{n}")]);
        while (manifest.Access.Count < 100)
            manifest.Access.Add(manifest.Access[0].Clone());
        await RegisterAsync(Own, NewApp(), manifest);
        manifest.Access[99].Fields.Add("/more");
        var refusal = await Vibe.Testing.Refused.Async(() => RegisterAsync(Own, NewApp(), manifest));
        Assert.Equal(("TOO_MANY_ITEMS", "200"), (refusal.Reason(), refusal.Metadata()["limit"]));
        manifest.Access[99] = manifest.Access[0].Clone();
        manifest.Access.Add(manifest.Access[0].Clone());
        refusal = await Vibe.Testing.Refused.Async(() => RegisterAsync(Own, NewApp(), manifest));
        Assert.Equal(("TOO_MANY_ITEMS", "100"), (refusal.Reason(), refusal.Metadata()["limit"]));
    }

    [Fact]
    public async Task Only_its_developer_updates_an_app()
    {
        var id = NewApp();
        await RegisterAsync(Own, id, Asking("*"));
        var bob = await Server.PersonAsync("bob");
        var told = await ToldAsync(() => UpdateAsync(bob.Own, id, Asking("/a")), id);
        Assert.Contains("OWNER_REQUIRED", told, StringComparison.Ordinal);
        Assert.Equal(told, await ToldAsync(() => UpdateAsync(bob.Own, "app-never", Asking("/a")), "app-never"));
        var app = await AppAsync([Read], "*");
        Assert.Equal("OWNER_REQUIRED", await ReasonAsync(() => UpdateAsync(app.Actor, id, Asking("/a"))));
        Assert.Equal("OWNER_REQUIRED", await ReasonAsync(() => RegisterAsync(app.Actor, NewApp(), Asking("/a"))));
    }

    [Fact]
    public async Task An_update_replaces_the_manifest_and_holds_to_the_etag()
    {
        var id = NewApp();
        var first = await RegisterAsync(Own, id, Asking("*"));
        var second = await UpdateAsync(Own, id, Asking("/a"), first.Etag);
        Assert.NotEqual(first.Etag, second.Etag);
        Assert.NotEqual(first.ManifestDigest, second.ManifestDigest);
        Assert.Equal(first.CreateTime, second.CreateTime);
        Assert.Equal(second, await GetAsync(Task.FromResult(Alice), id));
        Assert.Equal(second, await UpdateAsync(Own, id, Asking("/a"), second.Etag));
        var refusal = await Vibe.Testing.Refused.Async(() => UpdateAsync(Own, id, Asking("/b"), first.Etag));
        Assert.Equal(("ETAG_MISMATCH", second.Etag), (refusal.Reason(), refusal.Metadata()["etag"]));
        Assert.Equal(first.ManifestDigest, (await UpdateAsync(Own, id, Asking("*"))).ManifestDigest);
    }

    [Fact]
    public async Task A_narrower_manifest_holds_for_every_grant_at_once_and_a_wider_one_for_none()
    {
        var app = await AppAsync([Read, Update], "/Title", "/Year");
        await Own.CreateAsync(Movies, "m1", """{"Title":"Alien","Year":1979,"more":1}""");
        var id = app.App.Name["apps/".Length..];
        await UpdateAsync(Own, id, Asking("/Title", "/more"));
        Assert.Equal("""{"Title":"Alien"}""", (await app.Actor.GetAsync(Movie("m1"))).Text());
        Assert.Equal("NOT_GRANTED", await ReasonAsync(() => app.Actor.UpdateAsync(Movie("m1"), """{"Title":1}""")));
        await UpdateAsync(Own, id, app.App.Manifest);
        await app.Actor.UpdateAsync(Movie("m1"), """{"Title":"Aliens"}""");
        Assert.Equal("""{"Title":"Aliens","Year":1979}""", (await app.Actor.GetAsync(Movie("m1"))).Text());
    }

    [Fact]
    public async Task An_app_that_is_not_there_is_not_found() =>
        Assert.Equal("RESOURCE_NOT_FOUND", await ReasonAsync(() => GetAsync(Task.FromResult(Alice), "app-never")));

    private static Manifest Asking(params string[] fields)
    {
        var manifest = new Manifest { DisplayName = "Notes", Description = "Keeps notes." };
        var asked = new RequestedAccess { Collection = "movies", Purpose = "for a test" };
        asked.Operations.Add(Read);
        asked.Fields.Add(fields);
        manifest.Access.Add(asked);
        return manifest;
    }

    private static async Task<App> RegisterAsync(Actor actor, string id, Manifest manifest) =>
        (
            await actor.Apps.CreateAppAsync(
                new CreateAppRequest
                {
                    AppId = id,
                    App = new App { Manifest = manifest },
                }
            )
        ).App;

    private static async Task<App> UpdateAsync(Actor actor, string id, Manifest manifest, string ifMatch = "") =>
        (
            await actor.Apps.UpdateAppAsync(
                new UpdateAppRequest
                {
                    Name = $"apps/{id}",
                    App = new App { Manifest = manifest },
                    IfMatch = ifMatch,
                }
            )
        ).App;

    private static async Task<App> GetAsync(Task<Person> person, string id) =>
        (await (await person).Own.Apps.GetAppAsync(new GetAppRequest { Name = $"apps/{id}" })).App;

    public sealed class OnSqlite(SqliteServer server) : AppTests(server), IClassFixture<SqliteServer>;

    public sealed class OnPostgres(PostgresServer server) : AppTests(server), IClassFixture<PostgresServer>;
}
