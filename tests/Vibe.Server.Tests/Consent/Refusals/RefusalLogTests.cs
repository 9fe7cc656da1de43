using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Vibe.Access.V1;
using Vibe.Data.V1;
using Vibe.Hosting.Refusals;
using Vibe.Server.Tests.Sync;
using Vibe.Testing;
using Refused = Vibe.Testing.Refused;

namespace Vibe.Server.Tests.Consent.Refusals;

public abstract class RefusalLogSuite(Engine engine) : IAsyncLifetime
{
    private const string Movies = "movies";
    private const string Get = "vibe.data.v1.DocumentService/GetDocument";
    private const string Rows = "SELECT space, app, grant_id, rpc, reason, count FROM refusals ORDER BY 1, 2, 3, 4, 5";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // In the middle of a minute, so that what a test does falls into one.
    private readonly FakeTimeProvider _time = new(
        DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 60 * 60 + 30)
    );

    private VibeServer _server = null!;

    public async ValueTask InitializeAsync() =>
        _server = await VibeServer.StartAsync(
            new ServerSetup
            {
                Engine = engine,
                Services = services => services.AddSingleton<TimeProvider>(_time),
                ExpectsErrors = true,
            }
        );

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _server.DisposeAsync();
    }

    [Fact]
    public async Task What_is_hidden_and_what_never_was_count_alike_for_the_caller_and_not_for_whom_it_asked_about()
    {
        var (alice, bob) = (await _server.PersonAsync("alice"), await _server.PersonAsync("bob"));
        var reader = await bob.NewAppAsync(new Allow(Movies, [Operation.Read], "/Title") { IncludeShared = true });
        await alice.Own.CreateAsync(alice.Collection(Movies), "hidden");

        await RefusedAsync(reader.Actor, alice.Document(Movies, "hidden"));
        await RefusedAsync(reader.Actor, alice.Document(Movies, "missing"));
        await MinuteAsync(rows => rows.Count > 0);

        string[] expected =
        [
            bob.Id,
            reader.App.Name["apps/".Length..],
            reader.Grant.Name.Split('/')[^1],
            Get,
            "RESOURCE_NOT_FOUND",
            "2",
        ];
        Assert.Equal([expected], await _server.RowsAsync(Rows));
    }

    [Fact]
    public async Task A_flood_is_one_row_and_the_next_minute_another_one()
    {
        var alice = await _server.PersonAsync("alice");
        var missing = alice.Document(Movies, "missing");

        await Parallel.ForAsync(0, 300, async (_, _) => await RefusedAsync(alice.Own, missing));
        await MinuteAsync(rows => Sum(rows) == 300);
        await RefusedAsync(alice.Own, missing);
        var rows = await MinuteAsync(rows => Sum(rows) == 301);

        Assert.Equal(["300", "1"], rows.Select(row => row[^1]).OrderDescending(StringComparer.Ordinal));
        Assert.Equal("2", (await _server.RowsAsync("SELECT COUNT(DISTINCT minute) FROM refusals"))[0][0]);
    }

    [Fact]
    public async Task Nothing_is_written_before_the_minute_is_over()
    {
        var alice = await _server.PersonAsync("alice");

        await RefusedAsync(alice.Own, alice.Document(Movies, "missing"));

        Assert.Empty(await _server.RowsAsync(Rows));
        Assert.Single(await MinuteAsync(rows => rows.Count > 0));
    }

    [Fact]
    public async Task Who_brings_no_valid_token_leaves_nothing_behind()
    {
        var alice = await _server.PersonAsync("alice");
        var forged = alice.Own.Token![..^8] + "AAAAAAAA";

        await RefusedAsync(_server.Nobody, alice.Document(Movies, "m1"));
        await RefusedAsync(_server.With("nonsense"), alice.Document(Movies, "m1"));
        await RefusedAsync(_server.With(forged), alice.Document(Movies, "m1"));
        await RefusedAsync(alice.Own, alice.Document(Movies, "m1"));

        Assert.Equal("1", Assert.Single(await MinuteAsync(rows => rows.Count > 0))[^1]);
    }

    [Fact]
    public async Task Refusals_count_in_every_protocol_at_the_door_and_on_streams()
    {
        var alice = await _server.PersonAsync("alice");
        var app = await alice.NewAppAsync(new Allow(Movies, [Operation.Read], "*"));
        await using var follower = await Follower.CaughtUpAsync(app.Actor, alice.Collection(Movies));
        using var rest = app.Actor.Rest();

        using var one = await rest.GetAsync($"/v1/{alice.Document(Movies, "missing")}");
        await Refused.Async(() =>
            new DocumentService.DocumentServiceClient(app.Actor.WebInvoker)
                .GetDocumentAsync(new GetDocumentRequest { Name = alice.Document(Movies, "missing") })
                .ResponseAsync
        );
        await Refused.Async(() => alice.AppWithoutGrant("stranger").GetAsync(alice.Document(Movies, "m1")));
        await app.RevokeAsync();
        await follower.EndsWithAsync("GRANT_REVOKED");
        var rows = await MinuteAsync(rows => Sum(rows) == 4);

        Assert.Equal(
            [
                (Get, "NOT_GRANTED", "1"),
                (Get, "RESOURCE_NOT_FOUND", "2"),
                ("vibe.sync.v1.SyncService/Subscribe", "GRANT_REVOKED", "1"),
            ],
            rows.Select(row => (row[3], row[4], row[5])).Order()
        );
    }

    [Fact]
    public async Task What_cannot_be_kept_is_kept_a_minute_later_and_told_once()
    {
        var alice = await _server.PersonAsync("alice");
        await _server.ExecuteAsync("ALTER TABLE refusals RENAME TO away");
        await RefusedAsync(alice.Own, alice.Document(Movies, "missing"));

        for (var minute = 0; minute < 3; minute++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            await EventuallyAsync(() => Task.FromResult(Told() > 0));
        }
        await _server.ExecuteAsync("ALTER TABLE away RENAME TO refusals");

        Assert.Equal("1", Assert.Single(await MinuteAsync(rows => rows.Count > 0))[^1]);
        Assert.Equal(1, Told());

        int Told() => _server.Log.Count(line => line.Contains("could not be kept", StringComparison.Ordinal));
    }

    [Fact]
    public async Task After_a_day_a_minute_is_forgotten()
    {
        var alice = await _server.PersonAsync("alice");
        await RefusedAsync(alice.Own, alice.Document(Movies, "missing"));
        await MinuteAsync(rows => rows.Count > 0);

        _time.Advance(TimeSpan.FromHours(25));

        await EventuallyAsync(async () => (await _server.RowsAsync(Rows)).Count == 0);
    }

    [Fact]
    public async Task A_server_that_stops_keeps_what_it_had_counted()
    {
        var folder = Directory.CreateTempSubdirectory("vibe-test-");
        try
        {
            var setup = new ServerSetup { Folder = folder.FullName };
            await using (var first = await VibeServer.StartAsync(setup))
            {
                var alice = await first.PersonAsync("alice");
                await RefusedAsync(alice.Own, alice.Document(Movies, "missing"));
            }
            await using var second = await VibeServer.StartAsync(setup);

            Assert.Single(await second.RowsAsync(Rows));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Task RefusedAsync(Actor actor, string document) => Refused.Async(() => actor.GetAsync(document));

    private static long Sum(List<string[]> rows) => rows.Sum(row => long.Parse(row[^1], CultureInfo.InvariantCulture));

    /// <summary>Lets minutes pass until the rows are those that are wanted.</summary>
    private async Task<List<string[]>> MinuteAsync(Func<List<string[]>, bool> wanted)
    {
        List<string[]> rows = [];
        _time.Advance(TimeSpan.FromMinutes(1));
        await EventuallyAsync(async () => wanted(rows = await _server.RowsAsync(Rows)));
        return rows;
    }

    private static async Task EventuallyAsync(Func<Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!await holds())
            await Task.Delay(10, limit.Token);
    }
}

public sealed class SqliteRefusalLogTests() : RefusalLogSuite(Engine.Sqlite);

public sealed class PostgresRefusalLogTests() : RefusalLogSuite(Engine.Postgres);

public sealed class RefusalCountsTests
{
    [Fact]
    public void Different_counts_beyond_the_ceiling_are_not_kept_and_known_ones_go_on()
    {
        var counts = new RefusalCounts(new FakeTimeProvider());
        for (var n = 0; n < RefusalCounts.MaxCounts + 10; n++)
            Count(n);
        Count(0);

        var taken = counts.Take();

        Assert.Equal(RefusalCounts.MaxCounts, taken.Count);
        Assert.Equal(2, taken.Single(pair => pair.Key.App == "app0").Value);
        Assert.Empty(counts.Take());

        void Count(int n) =>
            counts.Add(
                new("did:vibe:alice", $"app{n}", "grant", DateTimeOffset.MaxValue),
                "rpc",
                Vibe.Errors.V1.ErrorReason.NotGranted
            );
    }
}
