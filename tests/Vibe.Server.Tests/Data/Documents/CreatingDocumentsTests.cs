using Vibe.Data.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.DocumentCalls;

namespace Vibe.Server.Tests.Data.Documents;

public abstract class CreatingDocumentsTests(EngineServer shared) : FrontDoorTests(shared)
{
    [Fact]
    public async Task A_document_is_created_under_the_id_that_was_asked_for()
    {
        var created = await Own.CreateAsync(Movies, "m1", """{"b":2,"a":1.0}""");
        Assert.Equal(Movie("m1"), created.Name);
        Assert.Equal("""{"a":1,"b":2}""", created.Text());
        Assert.Equal(created.CreateTime, created.UpdateTime);
        Assert.Null(created.Acl);
        Assert.Equal(created, await Own.GetAsync(Movie("m1")));
    }

    [Fact]
    public async Task Without_an_id_the_server_chooses_a_UUIDv7()
    {
        var created = await Own.CreateAsync("spaces/me/collections/movies", "");
        var id = Guid.Parse(created.Name[(Movies + "/documents/").Length..]);
        Assert.Equal(7, id.Version);
        Assert.Equal(Movie(id.ToString()), created.Name);
    }

    [Fact]
    public async Task An_id_that_is_taken_is_refused_and_nothing_changes()
    {
        var created = await Own.CreateAsync(Movies, "m1", """{"a":1}""");
        Assert.Equal("RESOURCE_EXISTS", await ReasonAsync(() => Own.CreateAsync(Movies, "m1", """{"a":2}""")));
        Assert.Equal(created, await Own.GetAsync(Movie("m1")));
    }

    [Fact]
    public async Task The_id_of_a_deleted_document_is_never_free_again()
    {
        await Own.CreateAsync(Movies, "m1");
        var taken = await ToldAsync(() => Own.CreateAsync(Movies, "m1"));
        await Own.DeleteAsync(Movie("m1"));
        Assert.Equal(taken, await ToldAsync(() => Own.CreateAsync(Movies, "m1")));
        Assert.Equal(
            "RESOURCE_EXISTS",
            await ReasonAsync(() => Own.UpdateAsync(Movie("m1"), "{}", allowMissing: true))
        );
        Assert.Equal("RESOURCE_EXISTS", await ReasonAsync(() => Own.BatchAsync("spaces/me", [Creation(Movie("m1"))])));
    }

    [Fact]
    public async Task The_same_id_is_free_in_another_collection_and_space()
    {
        var bob = await Server.PersonAsync("bob");
        await Own.CreateAsync(Movies, "m1");
        await Own.CreateAsync(Alice.Collection("books"), "m1");
        await bob.Own.CreateAsync("spaces/me/collections/movies", "m1");
    }

    [Fact]
    public async Task Ids_that_differ_in_case_are_different()
    {
        await Own.CreateAsync(Movies, "M1");
        await Own.CreateAsync(Movies, "m1");
        Assert.Equal(["M1", "m1"], (await Own.ListAllAsync(Movies)).Select(document => document.Name.Split('/')[^1]));
    }

    [Fact]
    public async Task Content_may_be_empty_but_not_absent()
    {
        Assert.Equal("{}", (await Own.CreateAsync(Movies, "m1")).Text());
        var absent = new CreateDocumentRequest { Parent = Movies, DocumentId = "m2" };
        Assert.Equal("FIELD_INVALID", await ReasonAsync(async () => await Own.Documents.CreateDocumentAsync(absent)));
        absent.Document = new Document { Name = Movie("m2") };
        Assert.Equal("FIELD_INVALID", await ReasonAsync(async () => await Own.Documents.CreateDocumentAsync(absent)));
        Assert.Equal("JSON_INVALID", await ReasonAsync(() => Own.CreateAsync(Movies, "m2", "")));
        Assert.Equal("JSON_INVALID", await ReasonAsync(() => Own.CreateAsync(Movies, "m2", "[]")));
        await Own.CreateAsync(Movies, "m2");
    }

    [Fact]
    public async Task Nobody_creates_in_another_persons_space()
    {
        var bob = await Server.PersonAsync("bob");
        var there = await ToldAsync(() => bob.Own.CreateAsync(Movies, "m1"), Alice.Id);
        Assert.Contains("OWNER_REQUIRED", there, StringComparison.Ordinal);
        Assert.Equal(
            there,
            await ToldAsync(() => bob.Own.CreateAsync("spaces/nobody/collections/movies", "m1"), "nobody")
        );
        await Own.CreateAsync(Movies, "m1");
        Assert.Equal(there, await ToldAsync(() => bob.Own.CreateAsync(Movies, "m1"), Alice.Id));
        Assert.Equal(
            "OWNER_REQUIRED",
            await ReasonAsync(() => bob.Own.UpdateAsync(Movie("m1"), "{}", allowMissing: true))
        );
    }

    [Fact]
    public async Task An_app_creates_only_members_that_it_may_and_shares_only_with_the_right_to()
    {
        var app = await AppAsync([Read, Create], "/Title");
        var bob = await Server.PersonAsync("bob");
        var refusal = await Vibe.Testing.Refused.Async(() =>
            app.Actor.CreateAsync(Movies, "m1", """{"Title":"Alien","Year":1979}""")
        );
        Assert.Equal("FIELD_NOT_GRANTED", refusal.Reason());
        Assert.Equal("/Year", refusal.Metadata()["path"]);
        Assert.Equal("OPERATION_CREATE", refusal.Metadata()["operation"]);
        Assert.Equal(
            "NOT_GRANTED",
            await ReasonAsync(() => app.Actor.CreateAsync(Movies, "m1", acl: Allowing(bob, Read)))
        );
        await app.Actor.CreateAsync(Movies, "m1", """{"Title":"Alien"}""");
    }

    [Fact]
    public async Task A_refused_creation_leaves_no_trace()
    {
        var (_, token) = await Own.PullAsync(Movies);
        await ReasonAsync(() => Own.CreateAsync(Movies, "m1", """{"a":1,"a":2}"""));
        await ReasonAsync(() => Own.CreateAsync(Movies, "m1", new string('[', 40)));
        Assert.Empty((await Own.PullAsync(Movies, token)).Changes);
        Assert.Empty(await Own.ListAllAsync(Movies));
        await Own.CreateAsync(Movies, "m1");
    }

    public sealed class OnSqlite(SqliteServer server) : CreatingDocumentsTests(server), IClassFixture<SqliteServer>;

    public sealed class OnPostgres(PostgresServer server)
        : CreatingDocumentsTests(server),
            IClassFixture<PostgresServer>;
}
