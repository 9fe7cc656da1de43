using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Vibe.Access.V1;
using Vibe.Data.V1;
using Vibe.Identity.Tokens;
using Vibe.Storage.Spaces;
using Vibe.Sync.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.Sync.Calls;

namespace Vibe.Server.Tests.Sync;

public abstract class PullSuite(SharedServer shared) : SyncSuite(shared)
{
    [Fact]
    public async Task The_first_page_begins_a_snapshot_of_what_the_caller_sees()
    {
        var bob = await Server.PersonAsync("bob");
        await Alice.Own.CreateAsync(Movie("m1"), """{"Title":"Alien","Year":1979}""", Readers(bob));
        var app = await Alice.NewAppAsync(new Allow(Movies, [Operation.Read], "/Title"));

        var owners = await Alice.Own.PullAsync(MyMovies);
        var apps = await app.Actor.PullAsync(MyMovies);

        Assert.True(owners.Reset);
        Assert.NotNull(owners.Checkpoint);
        var whole = Assert.Single(owners.Changes).Put;
        Assert.Equal("""{"Title":"Alien","Year":1979}""", whole.Json.ToStringUtf8());
        Assert.Equal([bob.Did], whole.Acl.Allow.Single().People);
        var part = Assert.Single(apps.Changes).Put;
        Assert.Equal("""{"Title":"Alien"}""", part.Json.ToStringUtf8());
        Assert.Null(part.Acl);
        Assert.NotEqual(whole.Etag, part.Etag);
        var got = await app.Actor.Documents.GetDocumentAsync(new GetDocumentRequest { Name = Movie("m1") });
        Assert.Equal(got.Document.Etag, part.Etag);
        Assert.Equal(got.Document.CreateTime, part.CreateTime);
        Assert.Equal(got.Document.UpdateTime, part.UpdateTime);
    }

    [Fact]
    public async Task Every_page_size_leads_to_the_same_view()
    {
        var bob = await Server.PersonAsync("bob");
        for (var i = 0; i < 7; i++)
            await Alice.Own.CreateAsync(Movie($"m{i}"), $$"""{"Title":"{{i}}","Year":{{i}}}""", Readers(bob));
        await Alice.Own.SetAsync(Movie("m2"), """{"Year":2000}""");
        await Alice.Own.DeleteAsync(Movie("m3"));
        await Alice.Own.SetAclAsync(Movie("m4"), Readers());
        var masked = await Alice.NewAppAsync(new Allow(Movies, [Operation.Read], "/Title"));
        var all = await Alice.NewAppAsync(new Allow(Movies, [Operation.Read], "*"));

        foreach (var reader in new[] { Alice.Own, masked.Actor, all.Actor, bob.Own })
        {
            var collection = Alice.Collection(Movies);
            var expected = await reader.ListAsync(collection);
            for (var size = 1; size <= 8; size++)
            {
                var copy = new Copy();
                do copy.Apply(await reader.PullAsync(collection, copy.Token, size), size);
                while (!copy.IsComplete);
                Assert.Equal(expected, copy.Documents);
            }
            Assert.NotNull((await reader.PullAsync(collection, size: 100_000)).Checkpoint);
        }
        var refused = await Refused.Async(() => Alice.Own.PullAsync(MyMovies, size: -1));
        Assert.Equal("FIELD_INVALID", refused.Reason());
    }

    [Fact]
    public async Task A_token_brings_what_changed_since_and_nothing_when_nothing_did()
    {
        await Alice.Own.CreateAsync(Movie("m1"), """{"Title":"Alien"}""");
        await Alice.Own.CreateAsync(Movie("m2"), """{"Title":"Brazil"}""");
        var first = await Alice.Own.PullAsync(MyMovies);
        await Alice.Own.SetAsync(Movie("m1"), """{"Title":"Aliens"}""");

        var second = await Alice.Own.PullAsync(MyMovies, first.ResumeToken);
        var third = await Alice.Own.PullAsync(MyMovies, second.ResumeToken);
        var again = await Alice.Own.PullAsync(MyMovies, first.ResumeToken);

        Assert.False(second.Reset);
        Assert.Equal("""{"Title":"Aliens"}""", Assert.Single(second.Changes).Json());
        Assert.False(third.Reset);
        Assert.Empty(third.Changes);
        Assert.NotNull(third.Checkpoint);
        Assert.Equal(second.Changes, again.Changes);
    }

    [Fact]
    public async Task What_went_is_deleted_for_those_who_could_read_it_and_out_of_sight_for_the_others()
    {
        var bob = await Server.PersonAsync("bob");
        foreach (var id in new[] { "deleted", "closed", "closed-then-deleted" })
            await Alice.Own.CreateAsync(Movie(id), "{}", Readers(bob));
        await Alice.Own.CreateAsync(Movie("hidden"), "{}");
        var collection = Alice.Collection(Movies);
        var first = await bob.Own.PullAsync(collection);
        await Alice.Own.DeleteAsync(Movie("deleted"));
        await Alice.Own.SetAclAsync(Movie("closed"), Readers());
        await Alice.Own.SetAclAsync(Movie("closed-then-deleted"), Readers());
        await Alice.Own.DeleteAsync(Movie("closed-then-deleted"));
        await Alice.Own.DeleteAsync(Movie("hidden"));

        var bobs = await bob.Own.PullAsync(collection, first.ResumeToken);

        Assert.Equal(
            [
                ("deleted", RemovalCause.Deleted),
                ("closed", RemovalCause.NoLongerVisible),
                ("closed-then-deleted", RemovalCause.NoLongerVisible),
            ],
            bobs.Changes.Select(change => (change.DocumentId, change.Removed.Cause))
        );
        Assert.Empty((await bob.Own.PullAsync(collection)).Changes);
    }

    [Fact]
    public async Task Tokens_are_of_one_length_wherever_they_stand()
    {
        var lengths = new HashSet<int>();
        lengths.Add((await Alice.Own.PullAsync(MyMovies)).ResumeToken.Length);
        lengths.Add((await Alice.Own.PullAsync("spaces/nobody/collections/movies")).ResumeToken.Length);
        for (var i = 0; i < 12; i++)
        {
            await Alice.Own.CreateAsync(Movie($"a-rather-long-id-of-a-movie-{i}"), """{"Title":"x"}""");
            lengths.Add((await Alice.Own.PullAsync(MyMovies)).ResumeToken.Length);
            lengths.Add((await Alice.Own.PullAsync(MyMovies, size: 1)).ResumeToken.Length);
        }
        var app = await Alice.NewAppAsync(new Allow(Movies, [Operation.Read], "/Title"));
        lengths.Add((await app.Actor.PullAsync(MyMovies)).ResumeToken.Length);

        Assert.InRange(Assert.Single(lengths), 1, 512);
    }

    [Fact]
    public async Task A_token_of_another_person_app_grant_or_scope_begins_a_snapshot()
    {
        var bob = await Server.PersonAsync("bob");
        await Alice.Own.CreateAsync(Movie("m1"), "{}", Readers(bob));
        var all = new Allow(Movies, [Operation.Read], "*");
        var app = await Alice.NewAppAsync(all);
        var other = await Alice.NewAppAsync(all);
        var collection = Alice.Collection(Movies);
        var token = (await app.Actor.PullAsync(collection)).ResumeToken;
        Assert.False((await app.Actor.PullAsync(collection, token)).Reset);

        Assert.True((await bob.Own.PullAsync(collection, token)).Reset);
        Assert.True((await Alice.Own.PullAsync(collection, token)).Reset);
        Assert.True((await other.Actor.PullAsync(collection, token)).Reset);
        var owners = (await Alice.Own.PullAsync(collection)).ResumeToken;
        Assert.True((await Alice.Own.PullAsync(Alice.Collection("others"), owners)).Reset);
        await app.RevokeAsync();
        var renewed = await Alice.AllowAsync(app.App, all);
        var page = await renewed.Actor.PullAsync(collection, token);
        Assert.True(page.Reset);
        Assert.Single(page.Changes);
    }

    [Theory]
    [InlineData("not a token")]
    [InlineData("%%%")]
    [InlineData("ümlaut")]
    [InlineData("a+b/c===")]
    public async Task Text_that_has_not_the_form_of_a_token_is_refused(string text)
    {
        var refused = await Refused.Async(() => Alice.Own.PullAsync(MyMovies, text));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Equal("RESUME_TOKEN_INVALID", refused.Reason());
        Assert.Equal("0", refused.Metadata()["scope"]);
        var second = new SubscribeRequest();
        second.Scopes.Add([Scope(MyMovies), Scope(MyMovies, text)]);
        var stream = await Refused.Async(() => Follower.OpenAsync(Alice.Own.Sync, second));
        Assert.Equal("RESUME_TOKEN_INVALID", stream.Reason());
        Assert.Equal("1", stream.Metadata()["scope"]);
    }

    [Fact]
    public async Task Text_that_has_the_form_of_a_token_begins_a_snapshot()
    {
        var token = (await Alice.Own.PullAsync(MyMovies)).ResumeToken;
        var flipped = token[..^3] + (token[^3] == 'A' ? 'B' : 'A') + token[^2..];
        var consistency = (await Alice.Own.CreateAsync(Movie("m1"), "{}")).ConsistencyToken;

        foreach (var text in new[] { new string('A', token.Length), flipped })
            Assert.True((await Alice.Own.PullAsync(MyMovies, text)).Reset, text);
        foreach (
            var text in new[] { "AAAA", token[..^1], token[..^3], token + "AAAA", consistency, new string('A', 513) }
        )
        {
            var refused = await Refused.Async(() => Alice.Own.PullAsync(MyMovies, text));
            Assert.Equal("RESUME_TOKEN_INVALID", refused.Reason());
        }
    }

    [Fact]
    public async Task A_token_that_was_cut_anywhere_is_malformed()
    {
        var token = (await Alice.Own.PullAsync(MyMovies)).ResumeToken;
        for (var length = 1; length < token.Length; length++)
        {
            var refused = await Refused.Async(() => Alice.Own.PullAsync(MyMovies, token[..length]));
            Assert.Equal("RESUME_TOKEN_INVALID", refused.Reason());
        }
    }

    [Fact]
    public async Task Bodies_come_as_structured_values_where_that_is_asked_for()
    {
        await Alice.Own.CreateAsync(Movie("m1"), """{"Title":"Alien","Tags":["a",1,null]}""");

        var page = await Alice.Own.PullAsync(new Scope { Collection = MyMovies, StructuredBodies = true });

        var put = Assert.Single(page.Changes).Put;
        Assert.Equal(Put.ContentOneofCase.Body, put.ContentCase);
        Assert.Equal("Alien", put.Body.Fields["Title"].StringValue);
        Assert.Equal(1, put.Body.Fields["Tags"].ListValue.Values[1].NumberValue);
        Assert.Equal((await Alice.Own.PullAsync(MyMovies)).Changes.Single().Put.Etag, put.Etag);
    }

    [Fact]
    public async Task A_collection_that_holds_nothing_is_complete_at_once_and_goes_on_when_it_does()
    {
        var first = await Alice.Own.PullAsync(MyMovies);
        Assert.Empty(first.Changes);
        Assert.True(first.Reset);
        Assert.NotNull(first.Checkpoint);
        await Alice.Own.CreateAsync(Movie("m1"), "{}");

        var second = await Alice.Own.PullAsync(MyMovies, first.ResumeToken);

        Assert.False(second.Reset);
        Assert.Equal(["m1"], second.Ids());
    }

    [Fact]
    public async Task A_space_that_does_not_exist_answers_like_one_that_shows_nothing()
    {
        await Alice.Own.CreateAsync(Movie("m1"), "{}");
        var bob = await Server.PersonAsync("bob");
        var app = await bob.NewAppAsync(new Allow(Movies, [Operation.Read], "*") { IncludeShared = true });
        var unknown = "spaces/" + new string('z', Alice.Id.Length) + "/collections/movies";

        foreach (var reader in new[] { bob.Own, app.Actor })
        {
            var (ofSomebody, ofNobody) = (Alice.Collection(Movies), unknown);
            for (var (round, a, b) = (0, "", ""); round < 2; round++)
            {
                var somebodys = await reader.PullAsync(ofSomebody, a);
                var nobodys = await reader.PullAsync(ofNobody, b);
                (a, b) = (somebodys.ResumeToken, nobodys.ResumeToken);
                Assert.Equal(a.Length, b.Length);
                somebodys.ResumeToken = nobodys.ResumeToken = "";
                Assert.Equal(somebodys, nobodys);
            }
        }
    }

    [Fact]
    public async Task Other_collections_and_other_apps_are_refused_alike()
    {
        var app = await Alice.NewAppAsync(new Allow("others", [Operation.Read], "*"));
        var writer = await Alice.NewAppAsync(new Allow(Movies, [Operation.Create], "*"));
        await Alice.Own.CreateAsync(Movie("m1"), "{}");

        Assert.Equal("NOT_GRANTED", (await Refused.Async(() => app.Actor.PullAsync(MyMovies))).Reason());
        Assert.Equal("NOT_GRANTED", (await Refused.Async(() => writer.Actor.PullAsync(MyMovies))).Reason());
    }

    [Fact]
    public async Task A_consistency_token_of_a_write_is_satisfied_and_others_are_told_apart()
    {
        var bob = await Server.PersonAsync("bob");
        var first = await Alice.Own.PullAsync(MyMovies);
        var mine = (await Alice.Own.CreateAsync(Movie("m1"), "{}")).ConsistencyToken;
        var bobs = (await bob.Own.CreateAsync(bob.Document(Movies, "b1"), "{}")).ConsistencyToken;

        var page = await Alice.Own.PullAsync(Asking(first.ResumeToken, mine));
        Assert.False(page.Reset);
        Assert.Equal(["m1"], page.Ids());
        foreach (var token in new[] { "", first.ResumeToken })
        {
            foreach (var wrong in new[] { bobs, "AAAA", "no token", first.ResumeToken })
            {
                var refused = await Refused.Async(() => Alice.Own.PullAsync(Asking(token, wrong)));
                Assert.Equal("CONSISTENCY_TOKEN_INVALID", refused.Reason());
                var stream = await Refused.Async(() => Follower.OpenAsync(Alice.Own, Asking(token, wrong)));
                Assert.Equal("CONSISTENCY_TOKEN_INVALID", stream.Reason());
            }
            Assert.NotNull((await Alice.Own.PullAsync(Asking(token, [.. Enumerable.Repeat(mine, 32)]))).Checkpoint);
            var many = await Refused.Async(() => Alice.Own.PullAsync(Asking(token, [.. Enumerable.Repeat(mine, 33)])));
            Assert.Equal("TOO_MANY_ITEMS", many.Reason());
            Assert.Equal("33", many.Metadata()["actual"]);
            Assert.Equal("32", many.Metadata()["limit"]);
        }
    }

    [Fact]
    public async Task A_write_that_the_history_does_not_hold_begins_a_snapshot_here_and_is_told_on_calls()
    {
        var held = (await Alice.Own.CreateAsync(Movie("m1"), "{}")).ConsistencyToken;
        var first = await Alice.Own.PullAsync(MyMovies);
        var tokens = Server.Services.GetRequiredService<ConsistencyTokens>();
        var beyond = tokens.Seal(new Moment(new SpaceName(Alice.Id), "0123456789abcdef", 1_000_000));
        var overtaken = tokens.Seal(new Moment(new SpaceName(Alice.Id), "0123456789abcdef", 1));

        foreach (var lost in new[] { beyond, overtaken })
        {
            Assert.True((await Alice.Own.PullAsync(Asking(first.ResumeToken, lost))).Reset);
            var list = new ListDocumentsRequest { Parent = MyMovies };
            list.ConsistencyTokens.Add(lost);
            var refused = await Refused.Async(() => Alice.Own.Documents.ListDocumentsAsync(list).ResponseAsync);
            Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
            Assert.Equal("HISTORY_LOST", refused.Reason());

            // One that is lost is not made up for by others that are not, however often was read before.
            await Alice.Own.GetAsync(Movie("m1"), held, held);
            foreach (var quoted in new[] { new[] { lost }, [held, lost], [lost, held] })
                Assert.Equal(
                    "HISTORY_LOST",
                    (await Refused.Async(() => Alice.Own.GetAsync(Movie("m1"), quoted))).Reason()
                );
        }
    }

    [Fact]
    public async Task Who_may_not_read_hears_nothing_of_the_tokens_that_are_quoted()
    {
        var held = (await Alice.Own.CreateAsync(Movie("m1"), "{}")).ConsistencyToken;
        var app = await Alice.NewAppAsync(new Allow(Movies, [Operation.Read], "*"));
        await app.Actor.GetAsync(Movie("m1"), held);
        Assert.Equal(
            "CONSISTENCY_TOKEN_INVALID",
            (await Refused.Async(() => app.Actor.GetAsync(Movie("m1"), held, "no token"))).Reason()
        );
        await app.RevokeAsync();

        foreach (var quoted in new[] { held, "no token" })
            Assert.Equal(
                "GRANT_REVOKED",
                (await Refused.Async(() => app.Actor.GetAsync(Movie("m1"), quoted))).Reason()
            );
    }

    private static Scope Asking(string token, params string[] consistencyTokens)
    {
        var scope = Scope(MyMovies, token);
        scope.ConsistencyTokens.Add(consistencyTokens);
        return scope;
    }
}

public sealed class PullOnSqliteTests(SqliteServer server) : PullSuite(server), IClassFixture<SqliteServer>;

public sealed class PullOnPostgresTests(PostgresServer server) : PullSuite(server), IClassFixture<PostgresServer>;
