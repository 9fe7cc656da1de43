using Google.Protobuf.WellKnownTypes;
using Vibe.Consent.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.DocumentCalls;

namespace Vibe.Server.Tests.Consent.Grants;

public abstract class GrantTests(EngineServer shared) : FrontDoorTests(shared)
{
    private static readonly Allow Reading = new("movies", [Read], "/Title", "/Year");

    [Fact]
    public async Task A_grant_is_made_read_and_listed()
    {
        var app = await AppAsync(Reading);
        var grant = app.Grant;
        Assert.Equal(GrantState.Active, grant.State);
        Assert.StartsWith($"{Alice.Space}/grants/", grant.Name, StringComparison.Ordinal);
        Assert.Equal(180, (grant.ExpireTime - grant.CreateTime).ToTimeSpan().TotalDays);
        Assert.Null(grant.RevokeTime);
        Assert.Equal(grant, await GetAsync(Own, grant.Name));
        Assert.Equal([grant], (await ListAsync()).Grants);
    }

    [Fact]
    public async Task One_app_has_one_active_grant_and_after_revoking_a_new_one()
    {
        var app = await AppAsync(Reading);
        await Own.CreateAsync(Movies, "m1", """{"Title":"Alien"}""");
        var refusal = await Vibe.Testing.Refused.Async(() => Alice.AllowAsync(app.App, Reading));
        Assert.Equal(("RESOURCE_EXISTS", app.Grant.Name), (refusal.Reason(), refusal.Metadata()["resource"]));
        await app.RevokeAsync();
        Assert.Equal("GRANT_REVOKED", await ReasonAsync(() => app.Actor.GetAsync(Movie("m1"))));
        var again = await Alice.AllowAsync(app.App, Reading);
        Assert.NotEqual(app.Grant.Name, again.Grant.Name);
        await again.Actor.GetAsync(Movie("m1"));
        Assert.Equal("GRANT_REVOKED", await ReasonAsync(() => app.Actor.GetAsync(Movie("m1"))));
        Assert.Equal("GRANT_REVOKED", await ReasonAsync(() => app.WithTokenOf(null).GetAsync(Movie("m1"))));
        var bob = await Server.PersonAsync("bob");
        await bob.AllowAsync(app.App, Reading);
        Assert.Equal([again.Grant.Name, app.Grant.Name], (await ListAsync()).Grants.Select(grant => grant.Name));
    }

    [Fact]
    public async Task Revoking_is_for_good_and_repeating_it_changes_nothing()
    {
        var app = await AppAsync(Reading);
        var ended = await RevokeAsync(app.Grant.Name);
        Assert.Equal(GrantState.Revoked, ended.State);
        Assert.Equal(ended.RevokeTime, ended.UpdateTime);
        Assert.NotEqual(app.Grant.Etag, ended.Etag);
        Assert.Equal(ended, await RevokeAsync(app.Grant.Name));
        var refusal = await Vibe.Testing.Refused.Async(() => UpdateAsync(app, Reading));
        Assert.Equal(("GRANT_ENDED", app.Grant.Name), (refusal.Reason(), refusal.Metadata()["grant"]));
    }

    [Fact]
    public async Task An_app_reads_its_own_grant_even_after_the_end_and_no_other()
    {
        var app = await AppAsync(Reading);
        var other = await AppAsync(Reading);
        Assert.Equal(app.Grant, await GetAsync(app.Actor, "spaces/me/grants/me"));
        Assert.Equal(app.Grant, await GetAsync(app.Actor, app.Grant.Name));
        var ended = await RevokeAsync(app.Grant.Name);
        Assert.Equal(ended, await GetAsync(app.Actor, "spaces/me/grants/me"));
        var bob = await Server.PersonAsync("bob");
        var told = await ToldAsync(() => GetAsync(app.Actor, other.Grant.Name), other.Grant.Name);
        Assert.StartsWith("NotFound", told, StringComparison.Ordinal);
        foreach (
            var (actor, name) in new[]
            {
                (app.Actor, $"{Alice.Space}/grants/never"),
                (app.Actor, "spaces/nobody/grants/never"),
                (bob.Own, app.Grant.Name),
                (Own, $"{Alice.Space}/grants/never"),
                (Own, $"{bob.Space}/grants/never"),
                (Alice.AppWithoutGrant(app.App.Name["apps/".Length..]), app.Grant.Name),
            }
        )
            Assert.Equal(told, await ToldAsync(() => GetAsync(actor, name), name));
        Assert.Equal("OWNER_REQUIRED", await ReasonAsync(() => ListAsync(app.Actor)));
    }

    [Fact]
    public async Task Grants_of_others_are_out_of_reach()
    {
        var app = await AppAsync(Reading);
        var bob = await Server.PersonAsync("bob");
        var update = new UpdateGrantRequest { Name = app.Grant.Name, Grant = app.Grant };
        var create = new CreateGrantRequest { Parent = Alice.Space, Grant = app.Grant };
        Assert.Equal("OWNER_REQUIRED", await ReasonAsync(() => RevokeAsync(app.Grant.Name, bob.Own)));
        Assert.Equal("OWNER_REQUIRED", await ReasonAsync(async () => await bob.Own.Grants.UpdateGrantAsync(update)));
        Assert.Equal("OWNER_REQUIRED", await ReasonAsync(async () => await bob.Own.Grants.CreateGrantAsync(create)));
        Assert.Equal("OWNER_REQUIRED", await ReasonAsync(() => RevokeAsync(app.Grant.Name, app.Actor)));
        Assert.Equal("OWNER_REQUIRED", await ReasonAsync(async () => await app.Actor.Grants.UpdateGrantAsync(update)));
        Assert.Equal("OWNER_REQUIRED", await ReasonAsync(async () => await app.Actor.Grants.CreateGrantAsync(create)));
    }

    [Fact]
    public async Task What_goes_beyond_the_manifest_is_refused()
    {
        var app = (await AppAsync(Reading)).App;
        var bob = await Server.PersonAsync("bob");
        Allow[] beyond =
        [
            new("movies", [Read], "/Title", "/Other"),
            new("movies", [Read, Update], "/Title"),
            new("movies", [Delete]),
            new("books", [Read], "/Title"),
            new("movies", [Read], "/Title") { IncludeShared = true },
        ];
        foreach (var allow in beyond)
        {
            var refusal = await Vibe.Testing.Refused.Async(() => bob.AllowAsync(app, Reading, allow));
            Assert.Equal("MANIFEST_EXCEEDED", refusal.Reason());
            Assert.Equal("grant.access[1]", refusal.Metadata()["field"]);
        }
        var changed = app.Clone();
        changed.ManifestDigest = new string('0', 64);
        var stale = await Vibe.Testing.Refused.Async(() => bob.AllowAsync(changed, Reading));
        Assert.Equal(("MANIFEST_CHANGED", app.ManifestDigest), (stale.Reason(), stale.Metadata()["manifest_digest"]));
        changed.Name = "apps/never";
        Assert.Equal("RESOURCE_NOT_FOUND", await ReasonAsync(() => bob.AllowAsync(changed, Reading)));
        await bob.AllowAsync(app, new Allow("movies", [Read], "*"));
    }

    [Fact]
    public async Task Entries_are_checked_one_by_one()
    {
        var app = (await AppAsync(Reading)).App;
        var bob = await Server.PersonAsync("bob");
        (string Reason, Action<Grant> Break)[] wrong =
        [
            ("FIELD_INVALID", grant => grant.Access.Clear()),
            ("FIELD_INVALID", grant => grant.Access[0].Mode = AccessMode.Unspecified),
            ("FIELD_INVALID", grant => grant.Access[0].Mode = (AccessMode)2),
            ("FIELD_INVALID", grant => grant.Access[0].Operations.Clear()),
            ("FIELD_INVALID", grant => grant.Access[0].Fields.Clear()),
            ("PATH_INVALID", grant => grant.Access[0].Fields.Add("*")),
            ("NAME_INVALID", grant => grant.Access[0].Collection = ""),
            ("NAME_INVALID", grant => grant.App = "notes"),
            (
                "FIELD_INVALID",
                grant =>
                {
                    grant.Access[0].Mode = AccessMode.Never;
                    grant.Access[0].IncludeShared = true;
                }
            ),
            ("FIELD_INVALID", grant => grant.ExpireTime = Timestamp.FromDateTime(DateTime.UtcNow.AddSeconds(-1))),
            ("FIELD_INVALID", grant => grant.ExpireTime = Timestamp.FromDateTime(DateTime.UtcNow.AddDays(401))),
            ("FIELD_INVALID", grant => grant.ExpireTime = new Timestamp { Seconds = long.MaxValue }),
            ("TOO_MANY_ITEMS", grant => grant.Access.Add(Enumerable.Repeat(grant.Access[0], 100))),
            ("TOO_MANY_ITEMS", grant => grant.Access[0].Fields.Add(Enumerable.Repeat("/Title", 200))),
        ];
        foreach (var (reason, breakIt) in wrong)
        {
            var grant = new Grant { App = app.Name, ManifestDigest = app.ManifestDigest };
            grant.Access.Add(Person.ToEntry(Reading));
            breakIt(grant);
            var request = new CreateGrantRequest { Parent = "spaces/me", Grant = grant };
            Assert.Equal(reason, await ReasonAsync(async () => await bob.Own.Grants.CreateGrantAsync(request)));
        }
        await bob.AllowAsync(app, [.. Enumerable.Repeat(Reading, 100)]);
    }

    [Fact]
    public async Task An_update_changes_what_its_mask_names()
    {
        var app = await AppAsync(Reading);
        await Own.CreateAsync(Movies, "m1", """{"Title":"Alien","Year":1979}""");
        var soon = Timestamp.FromDateTime(DateTime.UtcNow.AddDays(1));
        var both = new Grant { ExpireTime = soon };
        both.Access.Add(Person.ToEntry(new Allow("movies", [Read], "/Title")));
        var later = await UpdateAsync(app, both, "expire_time");
        Assert.Equal(app.Grant.Access, later.Access);
        Assert.Equal(1, Math.Round((later.ExpireTime - later.UpdateTime).ToTimeSpan().TotalDays));
        var narrow = await UpdateAsync(app, both, "access");
        Assert.Equal(both.Access, narrow.Access);
        Assert.Equal(later.ExpireTime, narrow.ExpireTime);
        Assert.Equal("""{"Title":"Alien"}""", (await app.Actor.GetAsync(Movie("m1"))).Text());
        var wide = await UpdateAsync(app, Reading);
        Assert.Equal(app.Grant.Access, wide.Access);
        Assert.Equal("""{"Title":"Alien","Year":1979}""", (await app.Actor.GetAsync(Movie("m1"))).Text());
        Assert.Equal(wide, await UpdateAsync(app, Reading));
        Assert.Equal("FIELD_INVALID", await ReasonAsync(() => UpdateAsync(app, both, "app")));
        Assert.Equal("FIELD_INVALID", await ReasonAsync(() => UpdateAsync(app, both, "*", "access")));
        both.ManifestDigest = "another";
        Assert.Equal("MANIFEST_CHANGED", await ReasonAsync(() => UpdateAsync(app, both, "*")));
        Assert.Equal(
            "MANIFEST_EXCEEDED",
            await ReasonAsync(() => UpdateAsync(app, new Allow("movies", [Update], "/Title")))
        );
        both.ManifestDigest = app.App.ManifestDigest;
        var whole = await UpdateAsync(app, both, "*");
        Assert.Equal(both.Access, whole.Access);
        var stale = await Vibe.Testing.Refused.Async(async () =>
            await Own.Grants.UpdateGrantAsync(
                new UpdateGrantRequest
                {
                    Name = app.Grant.Name,
                    Grant = both,
                    IfMatch = app.Grant.Etag,
                }
            )
        );
        Assert.Equal(("ETAG_MISMATCH", whole.Etag), (stale.Reason(), stale.Metadata()["etag"]));
    }

    [Fact]
    public async Task A_grant_is_narrowed_also_when_the_app_has_another_manifest_by_now()
    {
        var app = await AppAsync(Reading);
        var next = app.App.Clone();
        next.Manifest.Access[0].Purpose = "for another test";
        await Own.Apps.UpdateAppAsync(new UpdateAppRequest { Name = next.Name, App = next });
        var narrow = await UpdateAsync(app, new Allow("movies", [Read], "/Title"));
        Assert.Equal("/Title", Assert.Single(Assert.Single(narrow.Access).Fields));
        Assert.Equal(app.Grant.ManifestDigest, narrow.ManifestDigest);
    }

    [Fact]
    public async Task Denying_entries_win_over_allowing_ones()
    {
        var app = await AppAsync(Reading);
        await Own.CreateAsync(Movies, "m1", """{"Title":"Alien","Year":1979}""");
        var grant = new Grant();
        grant.Access.Add(Person.ToEntry(Reading));
        grant.Access.Add(Person.ToEntry(new Allow("movies", [Read], "/Year")));
        grant.Access[1].Mode = AccessMode.Never;
        await UpdateAsync(app, grant);
        Assert.Equal("""{"Title":"Alien"}""", (await app.Actor.GetAsync(Movie("m1"))).Text());
        grant.Access[1].Fields[0] = "*";
        await UpdateAsync(app, grant);
        Assert.Equal("NOT_GRANTED", await ReasonAsync(() => app.Actor.GetAsync(Movie("m1"))));
    }

    [Fact]
    public async Task Grants_are_listed_page_by_page_the_newest_first()
    {
        var names = new List<string>();
        for (var n = 0; n < 5; n++)
            names.Insert(0, (await AppAsync(Reading)).Grant.Name);
        for (var size = 1; size <= 6; size++)
        {
            var (found, token) = (new List<string>(), "");
            do
            {
                var page = await ListAsync(pageSize: size, pageToken: token);
                found.AddRange(page.Grants.Select(grant => grant.Name));
                token = page.NextPageToken;
            } while (token.Length > 0);
            Assert.Equal(names, found);
        }
        Assert.Equal("FIELD_INVALID", await ReasonAsync(() => ListAsync(pageSize: -1)));
        var other = (await ListAsync(pageSize: 1)).NextPageToken;
        Assert.Equal("PAGE_TOKEN_INVALID", await ReasonAsync(() => ListAsync(pageToken: other, app: "apps/a")));
    }

    private async Task<ListGrantsResponse> ListAsync(
        Actor? actor = null,
        int pageSize = 0,
        string pageToken = "",
        string app = ""
    ) =>
        await (actor ?? Own).Grants.ListGrantsAsync(
            new ListGrantsRequest
            {
                Parent = "spaces/me",
                PageSize = pageSize,
                PageToken = pageToken,
                App = app,
            }
        );

    private static async Task<Grant> GetAsync(Actor actor, string name) =>
        (await actor.Grants.GetGrantAsync(new GetGrantRequest { Name = name })).Grant;

    private async Task<Grant> RevokeAsync(string name, Actor? actor = null) =>
        (await (actor ?? Own).Grants.RevokeGrantAsync(new RevokeGrantRequest { Name = name })).Grant;

    private Task<Grant> UpdateAsync(AllowedApp app, Allow allow)
    {
        var grant = new Grant();
        grant.Access.Add(Person.ToEntry(allow));
        return UpdateAsync(app, grant);
    }

    private async Task<Grant> UpdateAsync(AllowedApp app, Grant grant, params string[] mask)
    {
        var request = new UpdateGrantRequest { Name = app.Grant.Name, Grant = grant };
        if (mask.Length > 0)
            request.UpdateMask = new FieldMask { Paths = { mask } };
        return (await Own.Grants.UpdateGrantAsync(request)).Grant;
    }

    public sealed class OnSqlite(SqliteServer server) : GrantTests(server), IClassFixture<SqliteServer>;

    public sealed class OnPostgres(PostgresServer server) : GrantTests(server), IClassFixture<PostgresServer>;
}
