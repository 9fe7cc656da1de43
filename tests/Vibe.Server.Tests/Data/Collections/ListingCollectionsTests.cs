using Vibe.Data.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.DocumentCalls;

namespace Vibe.Server.Tests.Data.Collections;

public abstract class ListingCollectionsTests(EngineServer shared) : FrontDoorTests(shared)
{
    [Fact]
    public async Task Collections_come_in_the_order_of_their_bytes_on_pages_of_any_size()
    {
        string[] ids = ["b", "A", "a", "-", "~", "_", "0"];
        foreach (var id in ids)
            await Own.CreateAsync(Alice.Collection(id), "m1");
        var expected = ids.Order(StringComparer.Ordinal).Select(Alice.Collection).ToArray();
        for (var size = 1; size <= ids.Length + 1; size++)
            Assert.Equal(expected, await ListAllAsync(Own, "spaces/me", size));
        Assert.Equal("FIELD_INVALID", await ReasonAsync(() => ListAllAsync(Own, "spaces/me", -1)));
        Assert.Equal("NAME_INVALID", await ReasonAsync(() => ListAllAsync(Own, "spaces", 0)));
    }

    [Fact]
    public async Task A_collection_is_there_while_it_holds_a_document()
    {
        await Own.CreateAsync(Movies, "m1");
        Assert.Equal([Movies], await ListAllAsync(Own, "spaces/me"));
        await Own.DeleteAsync(Movie("m1"));
        Assert.Empty(await ListAllAsync(Own, "spaces/me"));
    }

    [Fact]
    public async Task An_app_sees_the_collections_that_it_may_read_and_no_other()
    {
        var app = await AppAsync(
            new Allow("b", [Read], "/a"),
            new Allow("d", [Create, Update], "*"),
            new Allow("e", [Read], "*"),
            new Allow("never", [Read], "*")
        );
        foreach (var id in new[] { "a", "b", "c", "d", "e" })
            await Own.CreateAsync(Alice.Collection(id), "m1");
        string[] expected = [Alice.Collection("b"), Alice.Collection("e")];
        for (var size = 1; size <= 3; size++)
            Assert.Equal(expected, await ListAllAsync(app.Actor, "spaces/me", size));
        var token = (await PageAsync(app.Actor, "spaces/me", 1)).NextPageToken;
        Assert.Equal("PAGE_TOKEN_INVALID", await ReasonAsync(() => PageAsync(Own, "spaces/me", 1, token)));
    }

    [Fact]
    public async Task A_visitor_sees_the_collections_in_which_a_list_admits_it()
    {
        var bob = await Server.PersonAsync("bob");
        var app = await bob.AppAsync(
            NewApp(),
            new Allow("a", [Read], "*") { IncludeShared = true },
            new Allow("b", [Read], "*")
        );
        foreach (var id in new[] { "a", "b", "c" })
        {
            for (var n = 0; n < 3; n++)
                await Own.CreateAsync(Alice.Collection(id), $"m{n}");
            if (id != "c")
                await Own.CreateAsync(Alice.Collection(id), "z", acl: Allowing(bob, Read));
        }
        Assert.Equal([Alice.Collection("a"), Alice.Collection("b")], await ListAllAsync(bob.Own, Alice.Space, 1));
        Assert.Equal([Alice.Collection("a")], await ListAllAsync(app.Actor, Alice.Space, 1));
        await Own.ShareAsync(Alice.Document("a", "z"), null);
        Assert.Empty(await ListAllAsync(app.Actor, Alice.Space));
    }

    private static async Task<ListCollectionsResponse> PageAsync(
        Actor actor,
        string parent,
        int size,
        string token = ""
    ) =>
        await actor.Collections.ListCollectionsAsync(
            new ListCollectionsRequest
            {
                Parent = parent,
                PageSize = size,
                PageToken = token,
            }
        );

    private static async Task<List<string>> ListAllAsync(Actor actor, string parent, int size = 0)
    {
        var (all, token) = (new List<string>(), "");
        do
        {
            var page = await PageAsync(actor, parent, size, token);
            all.AddRange(page.Collections.Select(collection => collection.Name));
            token = page.NextPageToken;
        } while (token.Length > 0);
        return all;
    }

    public sealed class OnSqlite(SqliteServer server) : ListingCollectionsTests(server), IClassFixture<SqliteServer>;

    public sealed class OnPostgres(PostgresServer server)
        : ListingCollectionsTests(server),
            IClassFixture<PostgresServer>;
}
