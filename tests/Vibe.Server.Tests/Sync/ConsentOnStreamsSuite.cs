using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Vibe.Access.V1;
using Vibe.Consent.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.Sync.Calls;

namespace Vibe.Server.Tests.Sync;

/// <summary>What happens to an open stream when what it rests on changes.</summary>
public abstract class ConsentOnStreamsSuite(SharedServer shared) : SyncSuite(shared)
{
    private static readonly Operation[] Read = [Operation.Read];

    [Fact]
    public async Task A_revocation_ends_the_stream_and_nothing_written_after_it_arrives()
    {
        for (var round = 0; round < 10; round++)
        {
            var app = await Alice.NewAppAsync(new Allow(Movies, Read, "*"));
            await using var follower = await Follower.CaughtUpAsync(app.Actor, MyMovies);
            await Alice.Own.CreateAsync(Movie($"before{round}"), "{}");
            await app.RevokeAsync();
            await Alice.Own.CreateAsync(Movie($"after{round}"), """{"canary":true}""");

            var seen = new List<string>();
            Vibe.Sync.V1.SubscribeResponse next;
            while ((next = await follower.NextAsync()).Page is { } page)
                seen.AddRange(page.Ids());
            Assert.Equal("GRANT_REVOKED", next.End.Status.Reason());
            var info = next.End.Status.GetDetail<ErrorInfo>()!;
            Assert.Equal(app.Grant.Name, info.Metadata["grant"]);
            Assert.DoesNotContain($"after{round}", seen);
            Assert.Equal("GRANT_REVOKED", (await Refused.Async(() => app.Actor.PullAsync(MyMovies))).Reason());
        }
    }

    [Fact]
    public async Task Every_scope_of_a_revoked_stream_ends()
    {
        var app = await Alice.NewAppAsync(new Allow(Movies, Read, "*"), new Allow("notes", Read, "*"));
        await using var follower = await Follower.OpenAsync(
            app.Actor,
            Scope(MyMovies),
            Scope("spaces/me/collections/notes")
        );
        await follower.PageAsync(0);
        await follower.PageAsync(1);
        await app.RevokeAsync();

        var ended = await follower.NextAsync();
        Assert.Equal("GRANT_REVOKED", ended.ScopeEnded.Status.Reason());
        await follower.EndsWithAsync("GRANT_REVOKED");
    }

    [Fact]
    public async Task Narrowing_and_widening_begin_the_view_anew()
    {
        await Alice.Own.CreateAsync(Movie("m1"), """{"Title":"Alien","Year":1979}""");
        var app = await Alice.NewAppAsync(new Allow(Movies, Read, "/Title", "/Year"));
        await using var follower = await Follower.CaughtUpAsync(app.Actor, MyMovies);

        await app.ChangeAsync(new Allow(Movies, Read, "/Title"));
        var narrow = await follower.PageAsync();
        await app.ChangeAsync(new Allow(Movies, Read, "/Title", "/Year"));
        var wide = await follower.PageAsync();

        Assert.True(narrow.Reset);
        Assert.NotNull(narrow.Checkpoint);
        Assert.Equal("""{"Title":"Alien"}""", Assert.Single(narrow.Changes).Json());
        Assert.True(wide.Reset);
        Assert.Equal("""{"Title":"Alien","Year":1979}""", Assert.Single(wide.Changes).Json());
        Assert.True((await app.Actor.PullAsync(MyMovies, narrow.ResumeToken)).Reset);
        Assert.False((await app.Actor.PullAsync(MyMovies, wide.ResumeToken)).Reset);
    }

    [Fact]
    public async Task A_denying_entry_narrows_like_any_other_change()
    {
        await Alice.Own.CreateAsync(Movie("m1"), """{"Title":"Alien","Year":1979}""");
        var app = await Alice.NewAppAsync(new Allow(Movies, Read, "*"));
        await using var follower = await Follower.CaughtUpAsync(app.Actor, MyMovies);
        var grant = new Grant();
        var deny = Person.ToEntry(new Allow(Movies, Read, "/Year"));
        deny.Mode = AccessMode.Never;
        grant.Access.Add([Person.ToEntry(new Allow(Movies, Read, "*")), deny]);

        await Alice.Own.Grants.UpdateGrantAsync(new UpdateGrantRequest { Name = app.Grant.Name, Grant = grant });

        var page = await follower.PageAsync();
        Assert.True(page.Reset);
        Assert.Equal("""{"Title":"Alien"}""", Assert.Single(page.Changes).Json());
    }

    [Fact]
    public async Task Losing_the_collection_ends_the_scope()
    {
        var app = await Alice.NewAppAsync(new Allow(Movies, Read, "*"), new Allow("notes", Read, "*"));
        await using var follower = await Follower.OpenAsync(
            app.Actor,
            Scope(MyMovies),
            Scope("spaces/me/collections/notes")
        );
        await follower.PageAsync(0);
        await follower.PageAsync(1);

        await app.ChangeAsync(new Allow("notes", Read, "*"));

        var ended = await follower.NextAsync();
        Assert.Equal(0, ended.ScopeIndex);
        Assert.Equal("NOT_GRANTED", ended.ScopeEnded.Status.Reason());
        await Alice.Own.CreateAsync(Alice.Document("notes", "n1"), "{}");
        Assert.Equal(["n1"], (await follower.PageAsync(1)).Ids());
    }

    [Fact]
    public async Task Changes_that_leave_the_view_alone_leave_the_stream_alone()
    {
        await Alice.Own.CreateAsync(Movie("m1"), "{}");
        Allow read = new(Movies, Read, "/Title"),
            write = new(Movies, [Operation.Create, Operation.Update], "*"),
            notes = new("notes", Read, "*");
        var app = await Alice.NewAppAsync(read, write, notes);
        await app.ChangeAsync(read);
        await using var follower = await Follower.CaughtUpAsync(app.Actor, MyMovies);
        var token = (await app.Actor.PullAsync(MyMovies)).ResumeToken;

        await app.ChangeAsync(read, write);
        await app.ChangeAsync(read, write, notes);
        await Alice.Own.Grants.UpdateGrantAsync(
            new UpdateGrantRequest
            {
                Name = app.Grant.Name,
                Grant = new Grant { ExpireTime = Timestamp.FromDateTime(DateTime.UtcNow.AddDays(3)) },
            }
        );
        var other = await Alice.NewAppAsync(new Allow(Movies, Read, "*"));
        await other.RevokeAsync();
        await Alice.Own.CreateAsync(Movie("fence"), "{}");

        var page = await follower.PageAsync();
        Assert.False(page.Reset);
        Assert.Equal(["fence"], page.Ids());
        Assert.False((await app.Actor.PullAsync(MyMovies, token)).Reset);
    }

    [Fact]
    public async Task A_narrower_manifest_narrows_open_streams()
    {
        await Alice.Own.CreateAsync(Movie("m1"), """{"Title":"Alien","Year":1979}""");
        var app = await Alice.NewAppAsync(new Allow(Movies, Read, "/Title", "/Year"));
        await using var follower = await Follower.CaughtUpAsync(app.Actor, MyMovies);

        await Alice.Own.AskForAsync(app.App, new Allow(Movies, Read, "/Title"));

        var page = await follower.PageAsync();
        Assert.True(page.Reset);
        Assert.Equal("""{"Title":"Alien"}""", Assert.Single(page.Changes).Json());
        await Alice.Own.AskForAsync(app.App, new Allow("others", Read, "/Title"));
        await follower.EndsWithAsync("NOT_GRANTED");
    }

    [Fact]
    public async Task An_expired_grant_ends_the_stream()
    {
        var app = await Alice.NewAppAsync(new Allow(Movies, Read, "*"));
        await using var follower = await Follower.CaughtUpAsync(app.Actor, MyMovies);
        await Alice.Own.Grants.UpdateGrantAsync(
            new UpdateGrantRequest
            {
                Name = app.Grant.Name,
                Grant = new Grant { ExpireTime = Timestamp.FromDateTime(DateTime.UtcNow.AddSeconds(1)) },
            }
        );

        await follower.EndsWithAsync("GRANT_EXPIRED");
        Assert.Equal("GRANT_EXPIRED", (await Refused.Async(() => app.Actor.PullAsync(MyMovies))).Reason());
    }

    [Fact]
    public async Task A_stream_ends_before_its_token_does()
    {
        var app = await Alice.NewAppAsync(new Allow(Movies, Read, "*"));
        var clock = Stopwatch.StartNew();
        await using var follower = await Follower.CaughtUpAsync(app.WithTokenOf(TimeSpan.FromSeconds(3)), MyMovies);

        await follower.EndsWithAsync("ACCESS_TOKEN_EXPIRED");

        Assert.InRange(follower.Opened.Lifetime.ToTimeSpan(), TimeSpan.Zero, TimeSpan.FromSeconds(2.25));
        Assert.True(clock.Elapsed >= follower.Opened.Lifetime.ToTimeSpan() - TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task A_revocation_at_home_ends_streams_in_other_peoples_spaces()
    {
        var bob = await Server.PersonAsync("bob");
        await Alice.Own.CreateAsync(Movie("m1"), """{"Title":"Alien","Year":1979}""", Readers(bob));
        var shared = new Allow(Movies, Read, "/Title") { IncludeShared = true };
        var app = await bob.NewAppAsync(shared);
        await using var follower = await Follower.OpenAsync(app.Actor, Scope(Alice.Collection(Movies)));
        Assert.Equal("""{"Title":"Alien"}""", Assert.Single((await follower.PageAsync()).Changes).Json());

        var clock = Stopwatch.StartNew();
        await app.RevokeAsync();
        await follower.EndsWithAsync("GRANT_REVOKED");

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_grant_without_shared_documents_shows_no_other_space()
    {
        var bob = await Server.PersonAsync("bob");
        await Alice.Own.CreateAsync(Movie("m1"), "{}", Readers(bob));
        var app = await bob.NewAppAsync(new Allow(Movies, Read, "*"));

        var refused = await Refused.Async(() => Follower.OpenAsync(app.Actor, Scope(Alice.Collection(Movies))));

        Assert.Equal("NOT_GRANTED", refused.Reason());
    }
}

public sealed class ConsentOnStreamsOnSqliteTests(SqliteServer server)
    : ConsentOnStreamsSuite(server),
        IClassFixture<SqliteServer>;

public sealed class ConsentOnStreamsOnPostgresTests(PostgresServer server)
    : ConsentOnStreamsSuite(server),
        IClassFixture<PostgresServer>;
