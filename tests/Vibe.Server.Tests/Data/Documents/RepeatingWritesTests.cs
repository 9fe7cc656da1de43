using Vibe.Consent.V1;
using Vibe.Data.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.DocumentCalls;

namespace Vibe.Server.Tests.Data.Documents;

/// <summary>A write that is asked for again by its idempotency key has one effect.</summary>
public abstract class RepeatingWritesTests(EngineServer shared) : FrontDoorTests(shared)
{
    [Fact]
    public async Task A_repeated_creation_gives_the_same_document_as_it_is_by_then()
    {
        var first = await Own.CreateAsync(Movies, "m1", """{"a":1}""", "k");
        Assert.Equal(first, await Own.CreateAsync("spaces/me/collections/movies", "m1", """{"a":1.0}""", "k"));
        var updated = await Own.UpdateAsync(Movie("m1"), """{"b":2}""");
        Assert.Equal(updated, await Own.CreateAsync(Movies, "m1", """{"a":1}""", "k"));
        await Own.DeleteAsync(Movie("m1"));
        Assert.Equal(new Document { Name = Movie("m1") }, await Own.CreateAsync(Movies, "m1", """{"a":1}""", "k"));
    }

    [Fact]
    public async Task A_repeated_creation_gives_the_id_that_the_server_chose()
    {
        var first = await Own.CreateAsync(Movies, "", key: "k");
        Assert.Equal(first, await Own.CreateAsync(Movies, "", key: "k"));
        Assert.Single(await Own.ListAllAsync(Movies));
        Assert.NotEqual(first.Name, (await Own.CreateAsync(Movies, "", key: "k2")).Name);
        Assert.Equal(
            "IDEMPOTENCY_KEY_REUSED",
            await ReasonAsync(() => Own.CreateAsync(Movies, first.Name.Split('/')[^1], key: "k"))
        );
    }

    [Fact]
    public async Task Both_forms_of_a_body_are_the_same_request()
    {
        var first = await Own.CreateAsync(Movies, "m1", """{"a":1}""", "k");
        var request = new CreateDocumentRequest
        {
            Parent = Movies,
            DocumentId = "m1",
            Document = new Document { Body = Google.Protobuf.WellKnownTypes.Struct.Parser.ParseJson("""{"a":1}""") },
            IdempotencyKey = "k",
        };
        var repeated = (await Own.Documents.CreateDocumentAsync(request)).Document;
        Assert.Equal(first.Etag, repeated.Etag);
        Assert.Equal(1, repeated.Body.Fields["a"].NumberValue);
    }

    [Fact]
    public async Task Another_request_with_the_same_key_is_refused()
    {
        await Own.CreateAsync(Movies, "m1", """{"a":1}""", "k");
        Func<Task>[] others =
        [
            () => Own.CreateAsync(Movies, "m1", """{"a":2}""", "k"),
            () => Own.CreateAsync(Movies, "m2", """{"a":1}""", "k"),
            () => Own.CreateAsync(Movies, "", """{"a":1}""", "k"),
            () => Own.CreateAsync(Alice.Collection("books"), "m1", """{"a":1}""", "k"),
            () => Own.CreateAsync(Movies, "m1", """{"a":1}""", "k", new Vibe.Access.V1.Acl()),
            () => Own.CreateAsync(Movies, "m1", """{"a":1}""", "k", Allowing("did:vibe:bob", Read)),
            () => Own.UpdateAsync(Movie("m1"), """{"a":1}""", key: "k"),
            () => Own.DeleteAsync(Movie("m1"), key: "k"),
            () => Own.ShareAsync(Movie("m1"), null, key: "k"),
            () => Own.BatchAsync(Alice.Space, [Creation(Movie("m1"), """{"a":1}""")], "k"),
            () => GrantAsync("k"),
        ];
        foreach (var other in others)
            Assert.Equal("IDEMPOTENCY_KEY_REUSED", await ReasonAsync(other));
        Assert.Single(await Own.ListAllAsync(Movies));

        async Task GrantAsync(string key)
        {
            var app = await RegisteredAsync();
            await Own.Grants.CreateGrantAsync(GrantOf(app, key));
        }
    }

    [Fact]
    public async Task Flags_paths_and_etags_are_part_of_a_request()
    {
        var created = await Own.CreateAsync(Movies, "m1", """{"a":1,"b":{"c":1}}""");
        await Own.UpdateAsync(Movie("m1"), """{"a":2}""", ["/a"], created.Etag, key: "u");
        Func<Task>[] others =
        [
            () => Own.UpdateAsync(Movie("m1"), """{"a":2}""", ["/a"], key: "u"),
            () => Own.UpdateAsync(Movie("m1"), """{"a":2}""", ["/a"], "*", key: "u"),
            () => Own.UpdateAsync(Movie("m1"), """{"a":2}""", [], created.Etag, key: "u"),
            () => Own.UpdateAsync(Movie("m1"), """{"a":2}""", ["*"], created.Etag, key: "u"),
            () => Own.UpdateAsync(Movie("m1"), """{"a":2}""", ["/a", "/b"], created.Etag, key: "u"),
            () => Own.UpdateAsync(Movie("m1"), """{"a":2}""", ["/a"], allowMissing: true, key: "u"),
        ];
        foreach (var other in others)
            Assert.Equal("IDEMPOTENCY_KEY_REUSED", await ReasonAsync(other));
        await Own.UpdateAsync(Movie("m1"), "{}", ["/x", "/y"], key: "p");
        Assert.Equal(
            "IDEMPOTENCY_KEY_REUSED",
            await ReasonAsync(() => Own.UpdateAsync(Movie("m1"), "{}", ["/x\n/y"], key: "p"))
        );
    }

    [Fact]
    public async Task A_call_that_failed_is_not_remembered()
    {
        Assert.Equal("RESOURCE_NOT_FOUND", await ReasonAsync(() => Own.UpdateAsync(Movie("m1"), "{}", key: "k")));
        await Own.CreateAsync(Movies, "m1", key: "k");
        Assert.Equal("RESOURCE_EXISTS", await ReasonAsync(() => Own.CreateAsync(Movies, "m1", key: "k2")));
        await Own.UpdateAsync(Movie("m1"), """{"a":1}""", key: "k2");
    }

    [Fact]
    public async Task A_repeated_deletion_and_a_repeated_update_by_etag_succeed()
    {
        var created = await Own.CreateAsync(Movies, "m1", """{"a":1}""");
        var updated = await Own.UpdateAsync(Movie("m1"), """{"a":2}""", ifMatch: created.Etag, key: "u");
        Assert.Equal(updated, await Own.UpdateAsync(Movie("m1"), """{"a":2}""", ifMatch: created.Etag, key: "u"));
        var list = Allowing("did:vibe:bob", Read);
        var shared = await Own.ShareAsync(Movie("m1"), list, updated.Etag, "s");
        Assert.Equal(shared, await Own.ShareAsync(Movie("m1"), list, updated.Etag, "s"));
        await Own.DeleteAsync(Movie("m1"), shared.Etag, key: "d");
        await Own.DeleteAsync(Movie("m1"), shared.Etag, key: "d");
        Assert.Equal("RESOURCE_NOT_FOUND", await ReasonAsync(() => Own.DeleteAsync(Movie("m1"), key: "d2")));
    }

    [Fact]
    public async Task A_repetition_has_no_effect_after_other_writes()
    {
        await Own.CreateAsync(Movies, "m1", """{"a":1}""");
        await Own.UpdateAsync(Movie("m1"), """{"a":2}""", key: "u");
        var latest = await Own.UpdateAsync(Movie("m1"), """{"a":3}""");
        var (_, token) = await Own.PullAsync(Movies);
        Assert.Equal(latest, await Own.UpdateAsync(Movie("m1"), """{"a":2}""", key: "u"));
        Assert.Empty((await Own.PullAsync(Movies, token)).Changes);
    }

    [Fact]
    public async Task A_repeated_batch_gives_the_same_results_as_they_are_by_then()
    {
        await Own.CreateAsync(Movies, "old");
        Write[] writes =
        [
            Creation(Movie("m1")),
            Change(Movie("old"), """{"a":1}"""),
            Deletion(Movie("never"), allowMissing: true),
        ];
        var first = await Own.BatchAsync(Alice.Space, writes, "b");
        Assert.Equal(first.Results, (await Own.BatchAsync("spaces/me", writes, "b")).Results);
        var updated = await Own.UpdateAsync(Movie("m1"), """{"a":1}""");
        var repeated = await Own.BatchAsync(Alice.Space, writes, "b");
        Assert.Equal(updated.Etag, repeated.Results[0].Etag);
        Assert.Equal(first.Results.Skip(1), repeated.Results.Skip(1));
        Assert.Equal(
            "IDEMPOTENCY_KEY_REUSED",
            await ReasonAsync(() => Own.BatchAsync(Alice.Space, writes.Reverse(), "b"))
        );
    }

    [Fact]
    public async Task Access_is_decided_anew_for_a_repetition()
    {
        var app = await AppAsync(new Allow("movies", [Read, Create], "/Title", "/Year"));
        const string json = """{"Title":"Alien","Year":1979}""";
        await app.Actor.CreateAsync(Movies, "m1", json, "k");
        await NarrowAsync(app, new Allow("movies", [Create], "/Title", "/Year"));
        Assert.Equal(new Document { Name = Movie("m1") }, await app.Actor.CreateAsync(Movies, "m1", json, "k"));
        await NarrowAsync(app, new Allow("movies", [Create, Read], "/Title"));
        Assert.Equal("FIELD_NOT_GRANTED", await ReasonAsync(() => app.Actor.CreateAsync(Movies, "m1", json, "k")));
        await NarrowAsync(app, new Allow("movies", [Create, Read], "/Title", "/Year"));
        Assert.Equal(json, (await app.Actor.CreateAsync(Movies, "m1", json, "k")).Text());
        await app.RevokeAsync();
        Assert.Equal("GRANT_REVOKED", await ReasonAsync(() => app.Actor.CreateAsync(Movies, "m1", json, "k")));
        var again = await Alice.AllowAsync(app.App, new Allow("movies", [Read, Create], "/Title", "/Year"));
        Assert.Equal(json, (await again.Actor.CreateAsync(Movies, "m1", json, "k")).Text());
    }

    [Fact]
    public async Task A_key_is_of_one_person_one_app_and_one_space()
    {
        var one = await AppAsync([Read, Create], "*");
        var other = await AppAsync([Read, Create], "*");
        var bob = await Server.PersonAsync("bob");
        await Own.CreateAsync(Movies, "m1", key: "k");
        await one.Actor.CreateAsync(Movies, "m2", key: "k");
        await other.Actor.CreateAsync(Movies, "m3", key: "k");
        await bob.Own.CreateAsync("spaces/me/collections/movies", "m4", key: "k");
        var shared = await Own.CreateAsync(Movies, "m5", acl: Allowing(bob, Update, Read));
        await bob.Own.UpdateAsync(shared.Name, """{"a":1}""", key: "k");
        Assert.Equal("RESOURCE_EXISTS", await ReasonAsync(() => other.Actor.CreateAsync(Movies, "m1", key: "k3")));
    }

    [Fact]
    public async Task Duplicates_that_run_at_once_have_one_effect()
    {
        var created = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Own.CreateAsync(Movies, "", "{}", "k")));
        Assert.Single(created.Distinct());
        Assert.Single(await Own.ListAllAsync(Movies));
        var app = await RegisteredAsync();
        var grants = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Own.Grants.CreateGrantAsync(GrantOf(app, "g")).ResponseAsync)
        );
        Assert.Single(grants.Select(grant => grant.Grant).Distinct());
        var unkeyed = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => OutcomeAsync(() => Own.CreateAsync(Movies, "m1")))
        );
        Assert.Single(unkeyed, outcome => outcome == "OK");
        Assert.Equal(7, unkeyed.Count(outcome => outcome == "RESOURCE_EXISTS"));
    }

    [Fact]
    public async Task Grants_are_repeated_by_their_keys()
    {
        var app = await RegisteredAsync();
        var made = (await Own.Grants.CreateGrantAsync(GrantOf(app, "g"))).Grant;
        Assert.Equal(made, (await Own.Grants.CreateGrantAsync(GrantOf(app, "g"))).Grant);
        var other = GrantOf(app, "g");
        other.Grant.Access[0].Fields.Clear();
        other.Grant.Access[0].Fields.Add("/Title");
        Assert.Equal("IDEMPOTENCY_KEY_REUSED", await ReasonAsync(async () => await Own.Grants.CreateGrantAsync(other)));
        var narrow = new UpdateGrantRequest
        {
            Name = made.Name,
            Grant = other.Grant,
            IfMatch = made.Etag,
            IdempotencyKey = "u",
        };
        var narrowed = (await Own.Grants.UpdateGrantAsync(narrow)).Grant;
        Assert.Equal(narrowed, (await Own.Grants.UpdateGrantAsync(narrow)).Grant);
        narrow.IfMatch = "";
        Assert.Equal(
            "IDEMPOTENCY_KEY_REUSED",
            await ReasonAsync(async () => await Own.Grants.UpdateGrantAsync(narrow))
        );
        var ended = (await Own.Grants.RevokeGrantAsync(new RevokeGrantRequest { Name = made.Name })).Grant;
        Assert.Equal(ended, (await Own.Grants.CreateGrantAsync(GrantOf(app, "g"))).Grant);
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("a/b")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("é")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public async Task A_key_has_the_form_of_an_id(string key)
    {
        Assert.Equal("FIELD_INVALID", await ReasonAsync(() => Own.CreateAsync(Movies, "m1", key: key)));
        Assert.Equal("FIELD_INVALID", await ReasonAsync(() => Own.DeleteAsync(Movie("m1"), key: key)));
        Assert.Equal("FIELD_INVALID", await ReasonAsync(() => Own.BatchAsync("spaces/me", [], key)));
        await Own.CreateAsync(Movies, "m1", key: new string('k', 64));
        await Own.CreateAsync(Movies, "m2", key: "-._~Az09");
    }

    private async Task<Vibe.Consent.V1.App> RegisteredAsync()
    {
        var app = await AppAsync([Read, Create], "*");
        await app.RevokeAsync();
        return app.App;
    }

    private CreateGrantRequest GrantOf(Vibe.Consent.V1.App app, string key)
    {
        var grant = new Grant { App = app.Name, ManifestDigest = app.ManifestDigest };
        grant.Access.Add(Person.ToEntry(new Allow("movies", [Read], "*")));
        return new CreateGrantRequest
        {
            Parent = Alice.Space,
            Grant = grant,
            IdempotencyKey = key,
        };
    }

    private async Task NarrowAsync(AllowedApp app, Allow allow)
    {
        var grant = new Grant();
        grant.Access.Add(Person.ToEntry(allow));
        await Own.Grants.UpdateGrantAsync(new UpdateGrantRequest { Name = app.Grant.Name, Grant = grant });
    }

    private static async Task<string> OutcomeAsync(Func<Task> call)
    {
        try
        {
            await call();
            return "OK";
        }
        catch (Grpc.Core.RpcException refusal)
        {
            return refusal.Reason();
        }
    }

    public sealed class OnSqlite(SqliteServer server) : RepeatingWritesTests(server), IClassFixture<SqliteServer>;

    public sealed class OnPostgres(PostgresServer server) : RepeatingWritesTests(server), IClassFixture<PostgresServer>;
}
