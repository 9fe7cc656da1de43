using Vibe.Access.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.Sync.Calls;

namespace Vibe.Server.Tests.Sync;

/// <summary>
/// Two servers on one database. On PostgreSQL signals go between them; on SQLite none do, so what arrives there was found
/// by looking after what may have been missed.
/// </summary>
public sealed class TwoServersTests
{
    private const string Movies = "movies";
    private const string MyMovies = "spaces/me/collections/movies";

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task What_happens_on_one_reaches_the_streams_of_the_other(Engine engine)
    {
        await using var one = await VibeServer.StartAsync(engine);
        await using var two = await one.StartAnotherAsync();
        var alice = await one.PersonAsync("alice");
        var app = await alice.NewAppAsync(new Allow(Movies, [Operation.Read], "/Title", "/Year"));
        await using var here = await Follower.CaughtUpAsync(app.Actor, MyMovies);
        await using var there = await Follower.CaughtUpAsync(two.App(app), MyMovies);

        await alice.Own.CreateAsync(alice.Document(Movies, "m1"), """{"Title":"Alien","Year":1979}""");
        var first = await there.PageAsync();
        Assert.Equal(["m1"], first.Ids());
        Assert.Equal(["m1"], (await here.PageAsync()).Ids());
        await two.Owner(alice).SetAsync(alice.Document(Movies, "m1"), """{"Title":"Aliens"}""");
        Assert.Equal(["m1"], (await here.PageAsync()).Ids());
        Assert.Equal(["m1"], (await there.PageAsync()).Ids());
        // A token goes on at either server.
        Assert.False((await app.Actor.PullAsync(MyMovies, first.ResumeToken)).Reset);

        await two.Owner(alice).AskForAsync(app.App, new Allow(Movies, [Operation.Read], "/Title"));
        foreach (var follower in new[] { here, there })
        {
            var narrow = await follower.PageAsync();
            Assert.True(narrow.Reset);
            Assert.Equal("""{"Title":"Aliens"}""", Assert.Single(narrow.Changes).Json());
        }
        await app.RevokeAsync();
        await here.EndsWithAsync("GRANT_REVOKED");
        await there.EndsWithAsync("GRANT_REVOKED");
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task A_read_quotes_writes_of_both(Engine engine)
    {
        await using var one = await VibeServer.StartAsync(engine);
        await using var two = await one.StartAnotherAsync();
        var alice = await one.PersonAsync("alice");
        var movie = alice.Document(Movies, "m1");
        var written = new List<string> { (await one.Owner(alice).CreateAsync(movie, "{}")).ConsistencyToken };
        foreach (var (writer, title) in new[] { (two, "A"), (one, "B"), (two, "C"), (one, "D") })
        {
            var set = await writer.Owner(alice).SetAsync(movie, $$"""{"Title":"{{title}}"}""");
            written.Add(set.ConsistencyToken);
        }

        foreach (var reader in new[] { one, two })
        foreach (var quoted in written.Select(token => new[] { token }).Append([.. written]))
            Assert.Equal("""{"Title":"D"}""", (await reader.Owner(alice).GetAsync(movie, quoted)).Json.ToStringUtf8());
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task A_revocation_at_one_is_in_force_at_the_other_when_it_returns(Engine engine)
    {
        await using var one = await VibeServer.StartAsync(engine);
        await using var two = await one.StartAnotherAsync();
        var alice = await one.PersonAsync("alice");
        for (var round = 0; round < 5; round++)
        {
            var app = await alice.NewAppAsync(new Allow(Movies, [Operation.Read], "*"));
            var there = two.App(app);
            await using var follower = await Follower.CaughtUpAsync(there, MyMovies);

            await app.RevokeAsync();
            Assert.Equal("GRANT_REVOKED", (await Refused.Async(() => there.PullAsync(MyMovies))).Reason());
            await alice.Own.CreateAsync(alice.Document(Movies, $"canary{round}"), "{}");
            await two.Owner(alice).CreateAsync(alice.Document(Movies, $"canary-too{round}"), "{}");

            await follower.EndsWithAsync("GRANT_REVOKED");
        }
    }
}
