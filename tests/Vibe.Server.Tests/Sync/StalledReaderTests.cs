using Grpc.Core;
using Vibe.Access.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.Sync.Calls;

namespace Vibe.Server.Tests.Sync;

/// <summary>Subscribers that stop reading, and many that begin at once: what they cost ends, and nobody else pays for it.</summary>
public sealed class StalledReaderTests
{
    private const string MyMovies = "spaces/me/collections/movies";
    private const int Readers = 20;
    private const long MostLogBytes = 64 << 20;

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task Streams_of_clients_that_stop_reading_end_while_others_go_on(Engine engine)
    {
        await using var server = await StartAsync(
            engine,
            ("WriteTimeout", "00:00:02"),
            ("StalledAfter", "00:00:00.2"),
            ("StalledPerGrant", "4")
        );
        var alice = await server.PersonAsync("alice");
        var app = await alice.NewAppAsync(new Allow("movies", [Operation.Read], "*"));
        await using var healthy = await Follower.CaughtUpAsync(alice.Own, MyMovies);
        var connections = await StalledReaders.OpenAsync(
            server.GrpcAddress,
            Enumerable.Repeat((app.Actor.Token!, Scope(MyMovies)), Readers)
        );
        var readers = Assert.Single(connections);
        await using var closing = readers;
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (readers.Answered < Readers)
            await Task.Delay(5, late.Token);
        Assert.Equal(Readers, readers.Open);

        // Each change is larger than what a stream takes and what the server keeps for it.
        var written = 0;
        var text = new string('x', 100_000);
        while (readers.Open > 0)
        {
            late.Token.ThrowIfCancellationRequested();
            await alice.Own.CreateAsync(alice.Document("movies", $"m{written}"), $$"""{"Text":"{{text}}"}""");
            Assert.Equal($"m{written++}", Assert.Single((await healthy.PageAsync()).Changes).DocumentId);
        }

        var log = new FileInfo(Path.Combine(server.Folder, "vibe.db-wal"));
        Assert.InRange(log.Exists ? log.Length : 0, 0, MostLogBytes);
        // The place that each of them had is free again.
        for (var count = 0; count < 32; count++)
            await (await Follower.CaughtUpAsync(app.Actor, MyMovies)).DisposeAsync();
    }

    // Over HTTP/2 the windows of a stream are closed; over HTTP/1.1 the connection itself is full.
    [Theory]
    [InlineData("lines")]
    [InlineData("events")]
    [InlineData("gRPC-web")]
    public async Task Over_http_1_as_well_a_stream_that_is_not_read_ends_while_others_go_on(string how)
    {
        await using var server = await StartAsync(
            Engine.Sqlite,
            ("WriteTimeout", "00:00:01"),
            ("StalledAfter", "00:00:00.2"),
            ("StreamsPerGrant", "1")
        );
        var alice = await server.PersonAsync("alice");
        var app = await alice.NewAppAsync(new Allow("movies", [Operation.Read], "*"));
        await using var healthy = await Follower.CaughtUpAsync(alice.Own, MyMovies);
        await using var unread = await UnreadStream.OpenAsync(server.WebAddress, how, app.Actor.Token!, MyMovies);
        Assert.False(await HasPlaceAsync(app.Actor));

        // More than the systems of both ends keep for it, and as often as it takes them to stop doing so.
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var text = new string('x', 500_000);
        for (var written = 0; !await HasPlaceAsync(app.Actor); written++)
        {
            late.Token.ThrowIfCancellationRequested();
            await alice.Own.CreateAsync(alice.Document("movies", $"m{written}"), $$"""{"Text":"{{text}}"}""");
            Assert.Equal($"m{written}", Assert.Single((await healthy.PageAsync()).Changes).DocumentId);
        }
        await unread.EndsAsync();
    }

    // Of the one stream that its grant may have.
    private static async Task<bool> HasPlaceAsync(Actor app)
    {
        try
        {
            await (await Follower.OpenAsync(app, Scope(MyMovies))).DisposeAsync();
            return true;
        }
        catch (RpcException refused) when (refused.Reason() == "TOO_MANY_STREAMS")
        {
            return false;
        }
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task First_listings_wait_for_their_turn_and_are_refused_when_it_does_not_come(Engine engine)
    {
        await using var server = await StartAsync(
            engine,
            ("ListingsPerGrant", "2"),
            ("ListingPatience", "00:00:00.5"),
            ("WriteTimeout", "00:01:00")
        );
        var alice = await server.PersonAsync("alice");
        var app = await alice.NewAppAsync(new Allow("movies", [Operation.Read], "*"));
        for (var count = 0; count < 3; count++)
            await alice.Own.CreateAsync(
                alice.Document("movies", $"m{count}"),
                $$"""{"Text":"{{new string('x', 900_000)}}"}"""
            );
        var token = (await app.Actor.PullAsync(MyMovies)).ResumeToken;

        // Two that list and do not read hold both places of the grant.
        var connections = await StalledReaders.OpenAsync(
            server.GrpcAddress,
            Enumerable.Repeat((app.Actor.Token!, Scope(MyMovies)), 2)
        );
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (connections.Sum(connection => connection.Answered) < 2)
            await Task.Delay(5, late.Token);
        var refused = await Refused.Async(() => Follower.CaughtUpAsync(app.Actor, MyMovies));
        Assert.Equal("TOO_MANY_LISTINGS", refused.Reason());
        Assert.Equal("2", refused.Metadata()["limit"]);
        Assert.NotNull(refused.GetRpcStatus()!.GetDetail<Google.Rpc.RetryInfo>());

        // Whoever goes on from a place lists nothing, and another grant has places of its own.
        await using (var resumed = await Follower.OpenAsync(app.Actor, Scope(MyMovies, token))) { }
        await using (var owner = await Follower.CaughtUpAsync(alice.Own, MyMovies)) { }

        var waiting = Follower.CaughtUpAsync(app.Actor, MyMovies);
        foreach (var connection in connections)
            await connection.DisposeAsync();
        try
        {
            await (await waiting).DisposeAsync();
        }
        catch (RpcException exception) when (exception.Reason() == "TOO_MANY_LISTINGS")
        {
            // Its patience may have ended before the server noticed that the others went away; the next has a place.
            await Hostile.Remains.NothingOpenAsync(server);
            await (await Follower.CaughtUpAsync(app.Actor, MyMovies)).DisposeAsync();
        }
    }

    private static Task<VibeServer> StartAsync(Engine engine, params (string Name, string Value)[] settings) =>
        VibeServer.StartAsync(
            new ServerSetup
            {
                Engine = engine,
                Settings = settings.ToDictionary(
                    setting => $"Vibe:Subscriptions:{setting.Name}",
                    setting => (string?)setting.Value
                ),
            }
        );
}
