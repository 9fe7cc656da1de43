using System.Collections.Concurrent;
using Grpc.Core;
using Vibe.Access.V1;
using Vibe.Storage;
using Vibe.Testing;
using static Vibe.Server.Tests.Sync.Calls;

namespace Vibe.Server.Tests.Sync;

/// <summary>Two server processes on one PostgreSQL, of which one is the shipped program, killed as a power cut would.</summary>
public sealed class TwoProcessesTests
{
    private const string Movies = "movies";
    private const string MyMovies = "spaces/me/collections/movies";

    // Stands before the one of PostgreSQL where the search path says so, and does with signals what networks do.
    private const string Dropping = "BEGIN END";
    private const string Delaying = "BEGIN PERFORM pg_sleep(0.2); PERFORM pg_catalog.pg_notify(channel, payload); END";
    private const string Doubling = """
        BEGIN
            PERFORM pg_catalog.pg_notify(channel, payload);
            PERFORM pg_catalog.pg_notify(channel, payload || ' ');
        END
        """;

    [Fact]
    public async Task What_is_written_in_one_process_reaches_the_streams_of_the_other()
    {
        await using var one = await VibeServer.StartAsync(Engine.Postgres);
        await using var two = await ServerProcess.StartAsync(one);
        await ReachesAsync(one, two);
    }

    [Theory]
    [InlineData(Dropping)]
    [InlineData(Delaying)]
    [InlineData(Doubling)]
    public async Task Signals_that_are_lost_late_or_doubled_cost_no_data_and_no_revocation(string what)
    {
        await using var one = await VibeServer.StartAsync(Engine.Postgres);
        await UpsetSignalsAsync(one, what);
        // Connections that were open before do not know of it yet.
        await using var three = await one.StartAnotherAsync();
        await using var two = await ServerProcess.StartAsync(three);
        await ReachesAsync(three, two);
    }

    [Fact]
    public async Task Killing_a_process_under_load_loses_nothing_that_was_acknowledged_and_its_subscribers_go_on_elsewhere()
    {
        await using var one = await VibeServer.StartAsync(Engine.Postgres);
        await using var two = await ServerProcess.StartAsync(one);
        var alice = await one.PersonAsync("alice");
        var there = two.With(alice.Own.Token);
        await using var follower = await Follower.CaughtUpAsync(there, MyMovies);
        var copy = new ConcurrentDictionary<string, string>();
        var token = "";
        var following = Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    var page = await follower.PageAsync();
                    Take(page, copy);
                    token = page.ResumeToken;
                }
            }
            catch (RpcException)
            {
                // Its process was killed.
            }
        });
        var acknowledged = new ConcurrentBag<string>();
        var enough = new TaskCompletionSource();
        var writers = Enumerable
            .Range(0, 8)
            .Select(writer =>
                Task.Run(async () =>
                {
                    try
                    {
                        for (var n = 0; ; n++)
                        {
                            await there.CreateAsync(alice.Document(Movies, $"w{writer}-{n}"), $"{{\"n\":{n}}}");
                            acknowledged.Add($"w{writer}-{n}");
                            if (acknowledged.Count >= 200)
                                enough.TrySetResult();
                        }
                    }
                    catch (RpcException)
                    {
                        // Its process was killed.
                    }
                })
            )
            .ToList();
        await enough.Task.WaitAsync(TimeSpan.FromMinutes(1));
        await two.KillAsync();
        await Task.WhenAll([.. writers, following]).WaitAsync(TimeSpan.FromMinutes(1));

        var kept = await alice.Own.ListAsync(MyMovies);
        Assert.Empty(acknowledged.Except(kept.Keys));
        Take(await alice.Own.PullAsync(MyMovies, token, 1000), copy);
        Assert.Equal(kept.Keys, copy.Keys.Order(StringComparer.Ordinal));
        await alice.Own.CreateAsync(alice.Document(Movies, "after"), "{}");
        Assert.Equal(kept.Count + 1, (await alice.Own.ListAsync(MyMovies)).Count);
    }

    [Fact]
    public async Task A_revocation_is_in_force_in_every_process_when_it_returns_and_ends_the_streams_of_all()
    {
        await using var one = await VibeServer.StartAsync(Engine.Postgres);
        await using var two = await ServerProcess.StartAsync(one);
        var alice = await one.PersonAsync("alice");
        for (var round = 0; round < 5; round++)
        {
            var app = await alice.NewAppAsync(new Allow(Movies, [Operation.Read], "*"));
            var there = two.With(app.Actor.Token);
            var here = round % 2 == 0 ? alice.Own : two.With(alice.Own.Token);
            await using var follower = await Follower.CaughtUpAsync(there, MyMovies);
            await using var other = await Follower.CaughtUpAsync(app.Actor, MyMovies);
            using var stop = new CancellationTokenSource();
            var canary = "before";
            var writing = Task.Run(async () =>
            {
                for (var n = 0; !stop.IsCancellationRequested; n++)
                    await here.CreateAsync(
                        alice.Document(Movies, $"r{round}-{n}"),
                        $"{{\"written\":\"{Volatile.Read(ref canary)}\"}}"
                    );
            });
            await follower.PageAsync();

            await app.RevokeAsync();
            Volatile.Write(ref canary, "after");
            foreach (var caller in new[] { app.Actor, there })
                Assert.Equal("GRANT_REVOKED", (await Refused.Async(() => caller.PullAsync(MyMovies))).Reason());
            foreach (var reader in new[] { follower, other })
            {
                Vibe.Sync.V1.SubscribeResponse next;
                while ((next = await reader.NextAsync()).Page is { } page)
                    Assert.DoesNotContain(page.Changes, change => change.Json().Contains("after"));
                Assert.Equal("GRANT_REVOKED", next.End.Status.Reason());
            }
            await stop.CancelAsync();
            await writing;
        }
    }

    private static async Task ReachesAsync(VibeServer one, ServerProcess two)
    {
        var alice = await one.PersonAsync("alice");
        var app = await alice.NewAppAsync(new Allow(Movies, [Operation.Read], "*"));
        await using var here = await Follower.CaughtUpAsync(app.Actor, MyMovies);
        await using var there = await Follower.CaughtUpAsync(two.With(app.Actor.Token), MyMovies);
        for (var n = 0; n < 5; n++)
        {
            var writer = n % 2 == 0 ? alice.Own : two.With(alice.Own.Token);
            await writer.CreateAsync(alice.Document(Movies, $"m{n}"), "{}");
            Assert.Equal([$"m{n}"], (await here.PageAsync()).Ids());
            Assert.Equal([$"m{n}"], (await there.PageAsync()).Ids());
        }
        await app.RevokeAsync();
        await here.EndsWithAsync("GRANT_REVOKED");
        await there.EndsWithAsync("GRANT_REVOKED");
    }

    private static async Task UpsetSignalsAsync(VibeServer server, string body)
    {
        var database = (Database)server.Services.GetService(typeof(Database))!;
        await using var write = await database.WriteAsync(CancellationToken.None);
        await write.ExecuteAsync(
            $"""
            CREATE FUNCTION public.pg_notify(channel text, payload text) RETURNS void LANGUAGE plpgsql AS $$ {body} $$
            """,
            [],
            CancellationToken.None
        );
        await write.ExecuteAsync(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database()); END $$",
            [],
            CancellationToken.None
        );
        await write.CommitAsync();
    }

    private static void Take(Vibe.Sync.V1.Page page, ConcurrentDictionary<string, string> copy)
    {
        if (page.Reset)
            copy.Clear();
        foreach (var change in page.Changes)
            copy[change.DocumentId] = change.Json();
    }
}
