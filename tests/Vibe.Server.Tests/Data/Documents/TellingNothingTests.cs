using Vibe.Access.V1;
using Vibe.Data.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.DocumentCalls;

namespace Vibe.Server.Tests.Data.Documents;

/// <summary>One answer for "you may not know": what is told rests on what the caller may see and on nothing else.</summary>
public abstract class TellingNothingTests(EngineServer shared) : FrontDoorTests(shared)
{
    private const string Granted = "carried out";

    private delegate Task Call(Actor actor, string name);

    private static readonly Dictionary<string, (Operation Operation, Call Call)> Calls = new()
    {
        ["get"] = (Read, (actor, name) => actor.GetAsync(name)),
        ["update"] = (Update, (actor, name) => actor.UpdateAsync(name, """{"Title":"x"}""")),
        ["update with paths"] = (Update, (actor, name) => actor.UpdateAsync(name, "{}", ["/Title"])),
        ["update in a batch"] = (
            Update,
            (actor, name) => actor.BatchAsync(SpaceOf(name), [Change(name, """{"Title":"x"}""")])
        ),
        ["delete"] = (Delete, (actor, name) => actor.DeleteAsync(name)),
        ["delete in a batch"] = (Delete, (actor, name) => actor.BatchAsync(SpaceOf(name), [Deletion(name)])),
        ["share"] = (Share, (actor, name) => actor.ShareAsync(name, null)),
        ["share in a batch"] = (Share, (actor, name) => actor.BatchAsync(SpaceOf(name), [Sharing(name, null)])),
    };

    public static TheoryData<string> Names => [.. Calls.Keys];

    private static string SpaceOf(string name) => string.Join('/', name.Split('/')[..2]);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Without_a_grant_on_the_collection_every_id_gets_the_same_refusal(string call)
    {
        var app = await AppAsync(new Allow("books", Everything, "*"));
        await CheckAlikeAsync(app.Actor, call, "NOT_GRANTED");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Without_the_operation_in_the_grant_every_id_gets_the_same_refusal(string call)
    {
        var others = Everything.Except([Calls[call].Operation]).ToArray();
        var app = await AppAsync(others, "*");
        await CheckAlikeAsync(app.Actor, call, "NOT_GRANTED");
    }

    [Theory]
    [InlineData("update")]
    [InlineData("update with paths")]
    [InlineData("update in a batch")]
    public async Task A_masked_member_gets_the_same_refusal_on_every_id(string call)
    {
        var app = await AppAsync(Everything, "/Year");
        await CheckAlikeAsync(app.Actor, call, "FIELD_NOT_GRANTED");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Where_grant_and_list_allow_it_the_operation_is_carried_out(string call)
    {
        var bob = await Server.PersonAsync("bob");
        var (operation, carryOut) = Calls[call];
        foreach (var actor in await VisitorsAsync(bob))
        {
            var name = await SharedAsync(bob, operation);
            Assert.Equal(Granted, await OutcomeAsync(() => carryOut(actor, name)));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Where_the_list_allows_reading_alone_the_refusal_says_so(string call)
    {
        var bob = await Server.PersonAsync("bob");
        var (operation, carryOut) = Calls[call];
        foreach (var actor in await VisitorsAsync(bob))
        {
            var name = await SharedAsync(bob, Read);
            var expected = operation == Read ? Granted : "ACL_DENIED";
            Assert.Equal(expected, await OutcomeAsync(() => carryOut(actor, name)));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Hidden_missing_deleted_and_never_there_are_told_alike(string call)
    {
        var bob = await Server.PersonAsync("bob");
        var (operation, carryOut) = Calls[call];
        var others = Everything.Except([Read, Create, operation]).ToArray();
        foreach (var actor in await VisitorsAsync(bob))
        {
            string[] unseen =
            [
                await SharedAsync(bob),
                await SharedAsync(bob, others),
                await DeniedAsync(bob),
                await DeletedAsync(bob),
                Movie("never"),
                "spaces/nobody/collections/movies/documents/never",
                $"{bob.Space}/collections/movies/documents/never",
            ];
            foreach (var name in unseen)
            {
                var told = await ToldAsync(() => carryOut(actor, name), name);
                Assert.StartsWith("NotFound", told, StringComparison.Ordinal);
                Assert.Equal(await ToldAsync(() => carryOut(actor, unseen[0]), unseen[0]), told);
            }
        }
    }

    [Fact]
    public async Task To_delete_what_may_be_missing_says_nothing_of_what_is_hidden()
    {
        var bob = await Server.PersonAsync("bob");
        var hidden = await SharedAsync(bob);
        foreach (var actor in await VisitorsAsync(bob))
        {
            string[] unseen = [hidden, await DeletedAsync(bob), Movie("never"), "spaces/x/collections/c/documents/d"];
            foreach (var name in unseen.Where(name => actor == bob.Own || name != unseen[^1]))
            {
                Assert.Equal(Granted, await OutcomeAsync(() => actor.DeleteAsync(name, allowMissing: true)));
                Assert.Equal(Granted, await OutcomeAsync(() => actor.DeleteAsync(name, "\"x", allowMissing: true)));
                var writes = new[] { Deletion(name, allowMissing: true) };
                Assert.Equal(Granted, await OutcomeAsync(() => actor.BatchAsync(SpaceOf(name), writes)));
            }
            var readable = await SharedAsync(bob, Read);
            Assert.Equal("ACL_DENIED", await ReasonAsync(() => actor.DeleteAsync(readable, allowMissing: true)));
        }
        await Own.GetAsync(hidden);
    }

    [Fact]
    public async Task A_token_of_a_write_says_nothing_of_whether_the_space_exists()
    {
        var bob = await Server.PersonAsync("bob");
        string[] names = [Movie("never"), "spaces/nobody/collections/movies/documents/never"];
        var told = new List<string>();
        foreach (var name in names)
        {
            var token = await bob.Own.DeleteAsync(name, allowMissing: true);
            told.Add(await ToldAsync(() => bob.Own.GetAsync(name, token), name));
        }
        Assert.Equal(told[0], told[1]);
    }

    [Theory]
    [InlineData("deep")]
    [InlineData("etag")]
    [InlineData("any etag")]
    public async Task What_needs_reading_is_not_found_where_the_list_allows_no_reading(string call)
    {
        var bob = await Server.PersonAsync("bob");
        var carryOut = call switch
        {
            "deep" => (Call)((actor, name) => actor.UpdateAsync(name, """{"Title":{"a":1}}""", ["/Title/a"])),
            "etag" => (actor, name) => actor.UpdateAsync(name, """{"Title":1}""", ifMatch: "x"),
            _ => (actor, name) => actor.UpdateAsync(name, """{"Title":1}""", ifMatch: "*"),
        };
        foreach (var actor in await VisitorsAsync(bob))
        {
            var updatable = await SharedAsync(bob, Update);
            var missing = await ToldAsync(() => carryOut(actor, Movie("never")), Movie("never"));
            Assert.StartsWith("NotFound", missing, StringComparison.Ordinal);
            Assert.Equal(missing, await ToldAsync(() => carryOut(actor, updatable), updatable));
        }
    }

    [Fact]
    public async Task Taken_deleted_and_hidden_ids_are_told_alike_when_something_is_created()
    {
        var app = await AppAsync(new Allow("movies", [Create], "/Title"));
        await Own.CreateAsync(Movies, "id-1", """{"Title":"Alien","Year":1979}""");
        await Own.CreateAsync(Movies, "id-2");
        await Own.DeleteAsync(Movie("id-2"));
        foreach (var actor in new[] { app.Actor, Own })
        {
            var alone = await ToldAsync(() => actor.CreateAsync(Movies, "id-1"), "id-1");
            Assert.Equal(alone, await ToldAsync(() => actor.CreateAsync(Movies, "id-2"), "id-2"));
            var within = await ToldAsync(() => BatchAsync(actor, "id-1"), "id-1");
            Assert.Equal(within, await ToldAsync(() => BatchAsync(actor, "id-2"), "id-2"));
            Assert.Contains("RESOURCE_EXISTS", within, StringComparison.Ordinal);
        }

        Task BatchAsync(Actor actor, string id) =>
            actor.BatchAsync(Alice.Space, [Creation(Movie("free")), Creation(Movie(id))]);
    }

    [Fact]
    public async Task A_space_that_does_not_exist_lists_like_one_that_shows_nothing()
    {
        await Own.CreateAsync(Movies, "m1");
        var bob = await Server.PersonAsync("bob");
        foreach (var actor in await VisitorsAsync(bob))
        foreach (var space in new[] { Alice.Space, "spaces/nobody" })
        {
            Assert.Equal(new ListDocumentsResponse(), await actor.ListAsync($"{space}/collections/movies"));
            Assert.Equal(
                new ListCollectionsResponse(),
                await actor.Collections.ListCollectionsAsync(new ListCollectionsRequest { Parent = space })
            );
        }
    }

    /// <summary>The person and an app that the person allows everything, in other people's spaces too.</summary>
    private static async Task<Actor[]> VisitorsAsync(Person bob)
    {
        var app = await bob.AppAsync(NewApp(), new Allow("movies", Everything, "*") { IncludeShared = true });
        return [bob.Own, app.Actor];
    }

    private async Task CheckAlikeAsync(Actor actor, string call, string reason)
    {
        var bob = await Server.PersonAsync("bob");
        var names = new List<string>
        {
            await SharedAsync(bob, Read, Update, Delete, Share),
            await DeletedAsync(bob),
            Movie("never"),
        };
        var told = new List<string>();
        foreach (var name in names)
            told.Add(await ToldAsync(() => Calls[call].Call(actor, name), name));
        Assert.Contains(reason, told[0], StringComparison.Ordinal);
        Assert.Single(told.Distinct());
    }

    private async Task<string> SharedAsync(Person bob, params Operation[] operations)
    {
        var acl = operations.Length == 0 ? null : Allowing(bob, operations);
        return (await Own.CreateAsync(Movies, "", """{"Title":"Alien"}""", acl: acl)).Name;
    }

    private async Task<string> DeniedAsync(Person bob)
    {
        var acl = Allowing(bob, Read, Update, Delete, Share);
        acl.Deny.Add(acl.Allow);
        return (await Own.CreateAsync(Movies, "", """{"Title":"Alien"}""", acl: acl)).Name;
    }

    private async Task<string> DeletedAsync(Person bob)
    {
        var name = await SharedAsync(bob, Read, Update, Delete, Share);
        await Own.DeleteAsync(name);
        return name;
    }

    private static async Task<string> OutcomeAsync(Func<Task> call)
    {
        try
        {
            await call();
            return Granted;
        }
        catch (Grpc.Core.RpcException refusal)
        {
            return refusal.Reason();
        }
    }

    public sealed class OnSqlite(SqliteServer server) : TellingNothingTests(server), IClassFixture<SqliteServer>;

    public sealed class OnPostgres(PostgresServer server) : TellingNothingTests(server), IClassFixture<PostgresServer>;
}
