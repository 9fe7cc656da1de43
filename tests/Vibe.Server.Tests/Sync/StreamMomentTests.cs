using Google.Rpc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Vibe.Access.V1;
using Vibe.Identity.Keys;
using Vibe.Storage;
using Vibe.Storage.Spaces;
using Vibe.Sync.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.Sync.Calls;

namespace Vibe.Server.Tests.Sync;

/// <summary>When streams speak, on a clock that the test moves, and how they end with the server.</summary>
public sealed class StreamMomentTests
{
    private const string MyMovies = "spaces/me/collections/movies";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task Heartbeats_come_at_their_moments_whatever_happened_and_bring_tokens_in_turn(Engine engine)
    {
        var time = StandingClock();
        await using var server = await StartAsync(engine, time);
        var alice = await server.PersonAsync("alice");
        var app = await alice.NewAppAsync(new Allow("movies", [Operation.Read], "/Title"));
        await alice.Own.CreateAsync(alice.Document("movies", "m1"), """{"Title":"Alien"}""");
        await using var follower = await Follower.OpenAsync(app.Actor, Scope(MyMovies), Scope(MyMovies));
        var first = (await follower.PageAsync(0)).ResumeToken;
        var second = (await follower.PageAsync(1)).ResumeToken;
        DateTimeOffset? before = null;

        for (var beat = 0; beat < 8; beat++)
        {
            var half = Interval / 2;
            time.Advance(half);
            if (beat % 2 == 0)
                await alice.Own.SetAsync(alice.Document("movies", "m1"), $$"""{"Year":{{beat}}}""");
            if (beat is 3 or 4)
            {
                await alice.Own.SetAsync(alice.Document("movies", "m1"), $$"""{"Title":"{{beat}}"}""");
                Assert.NotNull((await follower.NextAsync()).Page);
                Assert.NotNull((await follower.NextAsync()).Page);
            }
            time.Advance(half);
            var message = await follower.NextAsync();
            Assert.Equal(beat % 2, message.ScopeIndex);
            var at = message.Heartbeat.ServerTime.ToDateTimeOffset();
            Assert.Equal(Interval, at - (before ?? at - Interval));
            before = at;
            var token = message.Heartbeat.ResumeToken;
            Assert.Equal(first.Length, token.Length);
            Assert.NotEqual(beat % 2 == 0 ? first : second, token);
            var resumed = await app.Actor.PullAsync(MyMovies, token);
            Assert.False(resumed.Reset);
            Assert.Empty(resumed.Changes);
        }
        time.Advance(Interval * 5);
        Assert.NotNull((await follower.NextAsync()).Heartbeat);
        time.Advance(Interval);
        var after = (await follower.NextAsync()).Heartbeat.ServerTime.ToDateTimeOffset();
        Assert.Equal(Interval * 6, after - before);
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task Streams_that_opened_shortly_after_each_other_speak_together_and_never_late(Engine engine)
    {
        var time = StandingClock();
        await using var server = await StartAsync(engine, time);
        var alice = await server.PersonAsync("alice");
        var app = await alice.NewAppAsync(new Allow("movies", [Operation.Read], "*"));
        await using var first = await Follower.CaughtUpAsync(app.Actor, MyMovies);
        time.Advance(TimeSpan.FromMilliseconds(240));
        await using var second = await Follower.CaughtUpAsync(alice.Own, MyMovies);
        time.Advance(TimeSpan.FromMilliseconds(20));
        await using var third = await Follower.CaughtUpAsync(alice.Own, MyMovies);

        time.Advance(Interval - TimeSpan.FromMilliseconds(260));
        var together = (await first.NextAsync()).Heartbeat.ServerTime;
        Assert.Equal(together, (await second.NextAsync()).Heartbeat.ServerTime);
        time.Advance(TimeSpan.FromMilliseconds(250));
        var later = (await third.NextAsync()).Heartbeat.ServerTime;
        Assert.Equal(TimeSpan.FromMilliseconds(250), later.ToDateTimeOffset() - together.ToDateTimeOffset());

        await app.RevokeAsync();
        await first.EndsWithAsync("GRANT_REVOKED");
        time.Advance(Interval);
        Assert.NotNull((await second.NextAsync()).Heartbeat);
        Assert.NotNull((await third.NextAsync()).Heartbeat);
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task Grants_and_tokens_end_streams_at_their_time_without_any_event(Engine engine)
    {
        var time = StandingClock();
        await using var server = await StartAsync(engine, time);
        var clock = server.Services.GetRequiredService<Clock>();
        var alice = await server.PersonAsync("alice");
        var app = await alice.NewAppAsync(new Allow("movies", [Operation.Read], "*"));
        await alice.Own.Grants.UpdateGrantAsync(
            new Vibe.Consent.V1.UpdateGrantRequest
            {
                Name = app.Grant.Name,
                Grant = new Vibe.Consent.V1.Grant
                {
                    ExpireTime = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(
                        clock.Now + TimeSpan.FromMinutes(3)
                    ),
                },
            }
        );
        await using var granted = await Follower.CaughtUpAsync(app.Actor, MyMovies);
        await using var owners = await Follower.CaughtUpAsync(alice.Own, MyMovies);
        Assert.InRange(
            owners.Opened.Lifetime.ToTimeSpan(),
            TimeSpan.FromSeconds(15 * 60 - 7),
            TimeSpan.FromSeconds(15 * 60 - 5)
        );

        time.Advance(TimeSpan.FromMinutes(3));
        await granted.EndsWithAsync("GRANT_EXPIRED");
        Assert.NotNull((await owners.NextAsync()).Heartbeat);
        time.Advance(TimeSpan.FromMinutes(12) - TimeSpan.FromSeconds(5));
        SubscribeResponse next;
        while ((next = await owners.NextAsync()).Heartbeat is not null) { }
        Assert.Equal("ACCESS_TOKEN_EXPIRED", next.End.Status.Reason());
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task A_server_that_stops_says_so_and_when_to_come_back(Engine engine)
    {
        await using var server = await VibeServer.StartAsync(engine);
        var alice = await server.PersonAsync("alice");
        await using var follower = await Follower.CaughtUpAsync(alice.Own, MyMovies);
        var stop = server.StopAsync();

        var status = await follower.EndAsync();

        Assert.Equal("SERVER_STOPPING", status.Reason());
        Assert.Equal((int)Code.Unavailable, status.Code);
        Assert.InRange(
            status.GetDetail<RetryInfo>()!.RetryDelay.ToTimeSpan(),
            TimeSpan.FromMilliseconds(1),
            TimeSpan.FromSeconds(1)
        );
        await stop;
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task Tokens_that_lost_their_keys_begin_a_snapshot(Engine engine)
    {
        await using var server = await VibeServer.StartAsync(engine);
        var alice = await server.PersonAsync("alice");
        await alice.Own.CreateAsync(alice.Document("movies", "m1"), "{}");
        var token = (await alice.Own.PullAsync(MyMovies)).ResumeToken;
        Assert.False((await alice.Own.PullAsync(MyMovies, token)).Reset);
        await using (var write = await server.Services.GetRequiredService<Database>().WriteAsync(default))
        {
            await write.ExecuteAsync("DELETE FROM server_keys WHERE kind = 'sealing'", [], default);
            await write.CommitAsync();
        }
        var ring = server.Services.GetRequiredService<KeyRing>();
        await ring.EnsureAsync(default);
        await ring.LoadAsync(default);

        var pulled = await alice.Own.PullAsync(MyMovies, token);
        await using var follower = await Follower.OpenAsync(alice.Own, Scope(MyMovies, token));

        Assert.True(pulled.Reset);
        Assert.Equal(["m1"], pulled.Ids());
        Assert.True((await follower.PageAsync()).Reset);
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task A_client_that_does_not_read_loses_its_stream_and_the_log_stays_quiet(Engine engine)
    {
        await using var server = await VibeServer.StartAsync(
            new ServerSetup
            {
                Engine = engine,
                Settings = new Dictionary<string, string?> { ["Vibe:Subscriptions:WriteTimeout"] = "00:00:00.3" },
            }
        );
        var alice = await server.PersonAsync("alice");
        for (var i = 0; i < 12; i++)
            await alice.Own.CreateAsync(
                alice.Document("movies", $"m{i}"),
                $$"""{"Text":"{{new string('x', 900_000)}}"}"""
            );
        using var call = alice.Own.Sync.Subscribe(new SubscribeRequest { Scope = Scope(MyMovies) });
        await call.ResponseHeadersAsync;
        // Nothing is read until the server has given up.
        await NobodyListensAsync(server);

        var messages = 0;
        var broken = await Record.ExceptionAsync(async () =>
        {
            while (await call.ResponseStream.MoveNext(default))
                messages++;
        });
        Assert.NotNull(broken);
        Assert.InRange(messages, 0, 5);
    }

    private static async Task NobodyListensAsync(VibeServer server)
    {
        var signal = server.Services.GetRequiredService<SpaceSignal>();
        using var late = new CancellationTokenSource(Follower.Limit);
        while (signal.Watched.Count == 0)
            await Task.Delay(5, late.Token);
        while (signal.Watched.Count > 0)
            await Task.Delay(5, late.Token);
    }

    private static Task<VibeServer> StartAsync(Engine engine, TimeProvider time) =>
        VibeServer.StartAsync(
            new ServerSetup
            {
                Engine = engine,
                Settings = new Dictionary<string, string?> { ["Vibe:Subscriptions:HeartbeatInterval"] = $"{Interval}" },
                Services = services => services.AddSingleton(time),
            }
        );
}
