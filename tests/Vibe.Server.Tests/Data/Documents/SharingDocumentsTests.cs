using Vibe.Access.V1;
using Vibe.Data.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.DocumentCalls;

namespace Vibe.Server.Tests.Data.Documents;

public abstract class SharingDocumentsTests(EngineServer shared) : FrontDoorTests(shared)
{
    [Fact]
    public async Task Another_person_reads_a_shared_document_until_the_list_changes()
    {
        var bob = await Server.PersonAsync("bob");
        var created = await Own.CreateAsync(Movies, "m1", """{"a":1}""");
        await Own.ShareAsync(Movie("m1"), Allowing(bob, Read));
        var seen = await bob.Own.GetAsync(Movie("m1"));
        Assert.Equal("""{"a":1}""", seen.Text());
        Assert.Null(seen.Acl);
        Assert.Equal(created.Etag, seen.Etag);
        Assert.True(seen.CreateTime.ToDateTimeOffset() >= created.CreateTime.ToDateTimeOffset());
        Assert.Equal([seen], await bob.Own.ListAllAsync(Movies));
        await Own.ShareAsync(Movie("m1"), null);
        Assert.Equal("RESOURCE_NOT_FOUND", await ReasonAsync(() => bob.Own.GetAsync(Movie("m1"))));
        Assert.Empty(await bob.Own.ListAllAsync(Movies));
    }

    [Fact]
    public async Task An_app_needs_the_list_and_the_word_of_grant_and_manifest()
    {
        var bob = await Server.PersonAsync("bob");
        var included = await bob.AppAsync(NewApp(), new Allow("movies", [Read], "/a") { IncludeShared = true });
        var excluded = await bob.AppAsync(NewApp(), new Allow("movies", [Read], "/a"));
        var asking = await bob.AppAsync(NewApp(), new Allow("movies", [Read], "/a") { IncludeShared = true });
        await asking.RevokeAsync();
        var homely = await bob.AllowAsync(asking.App, new Allow("movies", [Read], "/a"));
        await Own.CreateAsync(Movies, "m1", """{"a":1,"b":2}""", acl: Allowing(bob, Read));
        await Own.CreateAsync(Movies, "m2", """{"a":1,"b":2}""");
        Assert.Equal("""{"a":1}""", (await included.Actor.GetAsync(Movie("m1"))).Text());
        Assert.Equal("RESOURCE_NOT_FOUND", await ReasonAsync(() => included.Actor.GetAsync(Movie("m2"))));
        Assert.Single(await included.Actor.ListAllAsync(Movies));
        Assert.Equal("NOT_GRANTED", await ReasonAsync(() => excluded.Actor.GetAsync(Movie("m1"))));
        Assert.Equal("NOT_GRANTED", await ReasonAsync(() => excluded.Actor.ListAsync(Movies)));
        Assert.Equal("NOT_GRANTED", await ReasonAsync(() => homely.Actor.GetAsync(Movie("m1"))));
        await Own.ShareAsync(Movie("m1"), null);
        Assert.Equal("RESOURCE_NOT_FOUND", await ReasonAsync(() => included.Actor.GetAsync(Movie("m1"))));
        Assert.Empty(await included.Actor.ListAllAsync(Movies));
    }

    [Fact]
    public async Task Times_tell_when_a_document_came_into_the_view_and_nothing_of_before()
    {
        var bob = await Server.PersonAsync("bob");
        await Own.CreateAsync(Movies, "m1", """{"a":1}""");
        var updated = await Own.UpdateAsync(Movie("m1"), """{"a":2}""");
        var shared = await Own.ShareAsync(Movie("m1"), Allowing(bob, Read));
        var seen = await bob.Own.GetAsync(Movie("m1"));
        Assert.Equal(seen.CreateTime, seen.UpdateTime);
        Assert.Equal(shared.UpdateTime, seen.CreateTime);
        Assert.NotEqual(updated.UpdateTime, seen.CreateTime);
        await Own.ShareAsync(Movie("m1"), Allowing(bob, Read, Update));
        Assert.Equal(seen, await bob.Own.GetAsync(Movie("m1")));
        await Own.ShareAsync(Movie("m1"), null);
        var again = await Own.ShareAsync(Movie("m1"), Allowing(bob, Read));
        Assert.Equal(again.UpdateTime, (await bob.Own.GetAsync(Movie("m1"))).CreateTime);
    }

    [Fact]
    public async Task The_list_is_shown_to_those_who_share_and_etags_cover_it_for_them_alone()
    {
        var bob = await Server.PersonAsync("bob");
        var eve = await Server.PersonAsync("eve");
        var acl = Allowing(bob, Read, Share);
        acl.Allow.Add(Allowing(eve, Read).Allow);
        await Own.CreateAsync(Movies, "m1", """{"a":1}""", acl: acl);
        var (own, bobs, eves) = await ViewsAsync();
        Assert.Equal(own.Acl, bobs.Acl);
        Assert.NotNull(own.Acl);
        Assert.Equal(own.Etag, bobs.Etag);
        Assert.Null(eves.Acl);
        acl.Allow[0].Operations.Add(Update);
        await Own.ShareAsync(Movie("m1"), acl);
        var (ownAfter, bobsAfter, evesAfter) = await ViewsAsync();
        Assert.Equal(eves, evesAfter);
        Assert.NotEqual(own.Etag, ownAfter.Etag);
        Assert.Equal(ownAfter.Etag, bobsAfter.Etag);
        Assert.True(bobsAfter.UpdateTime.ToDateTimeOffset() > bobs.UpdateTime.ToDateTimeOffset());

        async Task<(Document Own, Document Bobs, Document Eves)> ViewsAsync() =>
            (await Own.GetAsync(Movie("m1")), await bob.Own.GetAsync(Movie("m1")), await eve.Own.GetAsync(Movie("m1")));
    }

    [Fact]
    public async Task Equal_lists_are_equal_however_they_are_written()
    {
        var list = Allowing("did:vibe:bob", Read);
        list.Allow.Add(Allowing("did:vibe:ann", Update, Read).Allow);
        list.Allow.Add(Allowing("did:vibe:bob", Update).Allow);
        var shared = await Own.CreateAsync(Movies, "m1", acl: list);
        var other = new Acl();
        other.Allow.Add(Allowing("did:vibe:ann", Read, Update).Allow);
        other.Allow[0].People.Add("did:vibe:bob");
        var (_, token) = await Own.PullAsync(Movies);
        Assert.Equal(shared.Etag, (await Own.ShareAsync(Movie("m1"), other)).Etag);
        Assert.Empty((await Own.PullAsync(Movies, token)).Changes);
    }

    [Fact]
    public async Task Denying_wins_over_allowing()
    {
        var bob = await Server.PersonAsync("bob");
        var list = Allowing(bob, Read, Update);
        list.Deny.Add(Allowing(bob, Update).Allow);
        await Own.CreateAsync(Movies, "m1", acl: list);
        Assert.Equal("ACL_DENIED", await ReasonAsync(() => bob.Own.UpdateAsync(Movie("m1"), "{}")));
        list.Deny.Add(Allowing(bob, Read).Allow);
        await Own.ShareAsync(Movie("m1"), list);
        Assert.Equal("RESOURCE_NOT_FOUND", await ReasonAsync(() => bob.Own.UpdateAsync(Movie("m1"), "{}")));
    }

    [Fact]
    public async Task Nobody_gives_what_the_list_does_not_give_them()
    {
        var bob = await Server.PersonAsync("bob");
        var eve = "did:vibe:eve";
        await Own.CreateAsync(Movies, "m1", """{"a":1}""", acl: Allowing(bob, Read, Share));
        (Operation[] Gift, string? Refused)[] gifts =
        [
            ([Update], "OPERATION_UPDATE"),
            ([Delete], "OPERATION_DELETE"),
            ([Read, Update], "OPERATION_UPDATE"),
            ([Read], null),
            ([Read, Share], null),
        ];
        foreach (var (gift, refused) in gifts)
        {
            var list = Allowing(bob, Read, Share);
            list.Allow.Add(Allowing(eve, gift).Allow);
            if (refused is null)
            {
                await bob.Own.ShareAsync(Movie("m1"), list);
                continue;
            }
            var refusal = await Vibe.Testing.Refused.Async(() => bob.Own.ShareAsync(Movie("m1"), list));
            Assert.Equal(("ACL_DENIED", refused), (refusal.Reason(), refusal.Metadata()["operation"]));
        }
        Assert.Equal(
            "ACL_DENIED",
            await ReasonAsync(() => bob.Own.ShareAsync(Movie("m1"), Allowing(bob, Read, Share, Update)))
        );
        var given = await bob.Own.ShareAsync(Movie("m1"), Allowing(eve, Read));
        Assert.Equal(new Document { Name = Movie("m1") }, given);
    }

    [Fact]
    public async Task To_lift_a_denial_is_to_give()
    {
        var bob = await Server.PersonAsync("bob");
        var list = Allowing(bob, Read, Share);
        list.Allow.Add(Allowing("did:vibe:eve", Update).Allow);
        list.Deny.Add(Allowing("did:vibe:eve", Update).Allow);
        await Own.CreateAsync(Movies, "m1", acl: list);
        list.Deny.Clear();
        Assert.Equal("ACL_DENIED", await ReasonAsync(() => bob.Own.ShareAsync(Movie("m1"), list)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_app_gives_reading_and_changing_only_where_it_has_them_on_all_members(bool isOwners)
    {
        var bob = await Server.PersonAsync("bob");
        var person = isOwners ? Alice : bob;
        var masked = await person.AppAsync(
            NewApp(),
            new Allow("movies", [Read, Update], "/Title") { IncludeShared = true },
            new Allow("movies", [Share]) { IncludeShared = true }
        );
        var whole = await person.AppAsync(
            NewApp(),
            new Allow("movies", [Read, Update], "*") { IncludeShared = true },
            new Allow("movies", [Share]) { IncludeShared = true }
        );
        await Own.CreateAsync(Movies, "m1", acl: Allowing(bob, Everything.Except([Create]).ToArray()));
        foreach (var operation in new[] { Read, Update, Delete, Share })
        {
            var list = Allowing(bob, Everything.Except([Create]).ToArray());
            list.Allow.Add(Allowing("did:vibe:eve", operation).Allow);
            var byMasked = operation == Share ? null : "ACL_DENIED";
            var byWhole = operation == Delete ? "ACL_DENIED" : null;
            Assert.Equal(byMasked, await ReasonOrNullAsync(() => masked.Actor.ShareAsync(Movie("m1"), list)));
            await Own.ShareAsync(Movie("m1"), Allowing(bob, Everything.Except([Create]).ToArray()));
            Assert.Equal(byWhole, await ReasonOrNullAsync(() => whole.Actor.ShareAsync(Movie("m1"), list)));
            await Own.ShareAsync(Movie("m1"), Allowing(bob, Everything.Except([Create]).ToArray()));
            if (!isOwners)
                continue;
            var writer = await Alice.AppAsync(
                NewApp(),
                new Allow("movies", [Read, Create], "/Title"),
                new Allow("movies", [Share])
            );
            Assert.Equal(
                byMasked,
                await ReasonOrNullAsync(() =>
                    writer.Actor.CreateAsync(Movies, "", acl: Allowing("did:vibe:eve", operation))
                )
            );
        }
    }

    [Fact]
    public async Task Lists_are_checked_rule_by_rule()
    {
        await Own.CreateAsync(Movies, "m1");
        Acl[] wrong =
        [
            Allowing(Alice, Read),
            Allowing("bob", Read),
            Allowing("did:web:bob", Read),
            Allowing("did:vibe:", Read),
            Allowing("did:vibe:bob"),
            Allowing("did:vibe:bob", Create),
            Allowing("did:vibe:bob", Read, Operation.Unspecified),
            new() { Allow = { new AclRule { Operations = { Read } } } },
            new() { Deny = { new AclRule { Operations = { Read } } } },
        ];
        foreach (var list in wrong)
            Assert.Equal("FIELD_INVALID", await ReasonAsync(() => Own.ShareAsync(Movie("m1"), list)));
    }

    [Fact]
    public async Task A_list_names_at_most_a_thousand_people_on_each_side()
    {
        var list = new Acl();
        foreach (var side in new[] { list.Allow, list.Deny })
        {
            var rule = new AclRule { Operations = { Read } };
            rule.People.Add(Enumerable.Range(0, 1000).Select(n => $"did:vibe:p{n:0000}"));
            side.Add(rule);
        }
        Assert.Equal(list, (await Own.CreateAsync(Movies, "m1", acl: list)).Acl);
        list.Deny.Add(Allowing("did:vibe:more", Read).Allow);
        var refusal = await Vibe.Testing.Refused.Async(() => Own.ShareAsync(Movie("m1"), list));
        Assert.Equal(("TOO_MANY_ITEMS", "1000"), (refusal.Reason(), refusal.Metadata()["limit"]));
        Assert.Equal("1001", refusal.Metadata()["actual"]);
    }

    private static async Task<string?> ReasonOrNullAsync(Func<Task> call)
    {
        try
        {
            await call();
            return null;
        }
        catch (Grpc.Core.RpcException refusal)
        {
            return refusal.Reason();
        }
    }

    public sealed class OnSqlite(SqliteServer server) : SharingDocumentsTests(server), IClassFixture<SqliteServer>;

    public sealed class OnPostgres(PostgresServer server)
        : SharingDocumentsTests(server),
            IClassFixture<PostgresServer>;
}
