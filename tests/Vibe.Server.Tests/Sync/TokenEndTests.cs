using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Vibe.Access.V1;
using Vibe.Consent.V1;
using Vibe.Storage;
using Vibe.Sync.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.Sync.Calls;

namespace Vibe.Server.Tests.Sync;

/// <summary>Nothing that a stream began to read under a token is told after the token's end, however long the read took.</summary>
public sealed class TokenEndTests
{
    private const string MyMovies = "spaces/me/collections/movies";

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_page_that_waited_for_the_database_until_then_is_not_sent()
    {
        var time = StandingClock();
        await using var server = await StartAsync(time);
        var alice = await server.PersonAsync("alice");
        await alice.Own.CreateAsync(alice.Document("movies", "m1"), "{}");
        await using var reads = await HeldReads.Of(server, "documents");
        await using var follower = await Follower.OpenAsync(alice.Own, Scope(MyMovies));
        await reads.WaitForOneAsync();

        time.Advance(follower.Opened.Lifetime.ToTimeSpan());
        await reads.DisposeAsync();

        await follower.EndsWithAsync("ACCESS_TOKEN_EXPIRED");
    }

    [Fact]
    public async Task A_heartbeat_that_waited_for_the_database_until_then_is_not_sent()
    {
        var time = StandingClock();
        await using var server = await StartAsync(time);
        var alice = await server.PersonAsync("alice");
        var app = await alice.NewAppAsync(new Allow("movies", [Operation.Read], "*"));
        await using var follower = await Follower.CaughtUpAsync(app.Actor, MyMovies);
        // The sweep wakes whom it sees for the first time, for a page.
        for (var beat = 0; beat < 3; beat++)
        {
            time.Advance(Interval);
            Assert.NotNull((await follower.NextAsync()).Heartbeat);
        }
        await using var reads = await HeldReads.Of(server, "grants");
        time.Advance(Interval);
        await reads.WaitForOneAsync();

        time.Advance(follower.Opened.Lifetime.ToTimeSpan() - Interval * 4);
        await reads.DisposeAsync();

        await follower.EndsWithAsync("ACCESS_TOKEN_EXPIRED");
    }

    [Fact]
    public async Task A_refusal_that_was_found_after_it_gives_way_to_it()
    {
        var time = StandingClock();
        await using var server = await StartAsync(time);
        var clock = server.Services.GetRequiredService<Clock>();
        var alice = await server.PersonAsync("alice");
        var app = await alice.NewAppAsync(new Allow("movies", [Operation.Read], "*"));
        var grantEnds = Interval / 2;
        await alice.Own.Grants.UpdateGrantAsync(
            new UpdateGrantRequest
            {
                Name = app.Grant.Name,
                Grant = new Grant { ExpireTime = Timestamp.FromDateTimeOffset(clock.Now + grantEnds) },
            }
        );
        await using var follower = await Follower.CaughtUpAsync(app.Actor, MyMovies);
        await using var reads = await HeldReads.Of(server, "grants");
        time.Advance(grantEnds);
        await reads.WaitForOneAsync();

        time.Advance(follower.Opened.Lifetime.ToTimeSpan() - grantEnds);
        await reads.DisposeAsync();

        await follower.EndsWithAsync("ACCESS_TOKEN_EXPIRED");
    }

    // Only PostgreSQL lets another connection hold up a read.
    private static Task<VibeServer> StartAsync(TimeProvider time) =>
        VibeServer.StartAsync(
            new ServerSetup
            {
                Engine = Engine.Postgres,
                Settings = new Dictionary<string, string?> { ["Vibe:Subscriptions:HeartbeatInterval"] = $"{Interval}" },
                Services = services => services.AddSingleton(time),
            }
        );

    /// <summary>Keeps everybody from reading a table, from outside of the server, until it is disposed of.</summary>
    private sealed class HeldReads(NpgsqlConnection connection) : IAsyncDisposable
    {
        public static async Task<HeldReads> Of(VibeServer server, string table)
        {
            var connection = new NpgsqlConnection(server.Postgres);
            await connection.OpenAsync();
            await using var hold = connection.CreateCommand();
            hold.CommandText = $"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE";
            await hold.ExecuteNonQueryAsync();
            return new HeldReads(connection);
        }

        public async Task WaitForOneAsync()
        {
            using var late = new CancellationTokenSource(Follower.Limit);
            await using var waiting = connection.CreateCommand();
            waiting.CommandText = """
                SELECT count(*) FROM pg_locks
                WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                """;
            while (await waiting.ExecuteScalarAsync(late.Token) is 0L)
                await Task.Delay(5, late.Token);
        }

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
