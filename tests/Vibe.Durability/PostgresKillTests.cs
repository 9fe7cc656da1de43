using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using Grpc.Health.V1;
using Npgsql;
using Vibe.Testing;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Vibe.Durability;

/// <summary>
/// PostgreSQL itself is killed under load, all its processes at once, and started again. <c>VIBE_KILLS</c> makes it a longer
/// run.
/// </summary>
public sealed class PostgresKillTests(ITestOutputHelper output)
{
    private const int Writers = 6;
    private const int WritesBetweenKills = 60;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_server_outlives_its_database_and_no_acknowledged_write_is_lost()
    {
        await using var postgres =
            await PostgresInstance.StartAsync() ?? throw Missing.Exception("PostgreSQL is not installed.");
        var database = await postgres.CreateDatabaseAsync();
        await using var server = await VibeServer.StartAsync(
            new ServerSetup
            {
                Engine = Engine.Postgres,
                Postgres = database,
                ExpectsErrors = true,
            }
        );
        var alice = await server.PersonAsync("alice");
        var load = new Load(alice.Own.Invoker, alice.Id, padding: 200);
        var (refusedWrites, refusedReads) = (new Refusals(), new Refusals());
        using var stop = new CancellationTokenSource();
        await using var copy = new Copy(alice.Own.Invoker, alice.Collection("load"));
        var working = Task.WhenAll(
            Enumerable
                .Range(0, Writers)
                .Select(writer => Task.Run(() => WriteAsync(load, writer, refusedWrites, stop.Token)))
                .Append(Task.Run(() => ReadAsync(load, refusedReads, stop.Token)))
        );

        var kills = Setting.Number("VIBE_KILLS", 3);
        var clock = Stopwatch.StartNew();
        for (var kill = 0; kill < kills; kill++)
        {
            await UntilAsync(working, AtLeast(() => load.Groups, load.Groups + WritesBetweenKills));
            var refused = refusedWrites.Counts.Values.Sum();
            await postgres.KillAsync();
            await UntilAsync(working, AtLeast(() => refusedWrites.Counts.Values.Sum(), refused + Writers));
            Assert.Equal(ServingStatus.NotServing, await HealthAsync(server.Nobody.Invoker));
            await postgres.StartAgainAsync();
        }
        await UntilAsync(working, AtLeast(() => load.Groups, load.Groups + WritesBetweenKills));
        await stop.CancelAsync();
        await working;
        Assert.Equal(ServingStatus.Serving, await HealthAsync(server.Nobody.Invoker));

        output.WriteLine(
            $"{kills} kills in {clock.Elapsed.TotalSeconds:f1} s: {load.Groups} writes acknowledged; writes refused: "
                + $"{refusedWrites}; reads refused: {refusedReads}; streams ended: "
                + string.Join(", ", copy.Ends.Select(each => $"{each.Value} {each.Key}"))
        );
        Assert.Empty(refusedWrites.Counts.Keys.Except(["STORAGE_UNAVAILABLE", "OUTCOME_UNKNOWN"]));
        Assert.Empty(refusedReads.Counts.Keys.Except(["STORAGE_UNAVAILABLE"]));
        Assert.Empty(copy.Ends.Keys.Except(["STORAGE_UNAVAILABLE"]));
        var listed = await load.ListAsync();
        foreach (var (id, version) in load.Acknowledged.Values)
            Assert.Equal(load.Body(new Written(id, version)), listed.GetValueOrDefault(id));
        Assert.Empty(listed.Keys.Except(load.Tried.Keys));
        await copy.BecomesAsync(listed, Patience);
        await AssertRevisionsAsync(database, listed.Count);
    }

    // Each id is tried once: what a refusal left open is looked up in the end.
    private static async Task WriteAsync(Load load, int writer, Refusals refusals, CancellationToken stop)
    {
        for (var n = 0; !stop.IsCancellationRequested; n++)
            if (
                !await refusals.TryAsync(() =>
                    load.PutAsync(string.Create(CultureInfo.InvariantCulture, $"w{writer}-{n}"))
                )
            )
                await Task.Delay(20, CancellationToken.None);
    }

    private static async Task ReadAsync(Load load, Refusals refusals, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
            if (!await refusals.TryAsync(load.ListAsync))
                await Task.Delay(20, CancellationToken.None);
    }

    private static async Task AssertRevisionsAsync(string database, int documents)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(
            "SELECT count(DISTINCT revision), min(revision), max(revision), (SELECT max(head) FROM spaces) FROM documents"
        );
        await using var row = await command.ExecuteReaderAsync();
        await row.ReadAsync();
        Assert.Equal(
            (documents, 1L, documents, documents),
            (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3))
        );
    }

    private static async Task<ServingStatus> HealthAsync(CallInvoker calls) =>
        (await new Health.HealthClient(calls).CheckAsync(new HealthCheckRequest())).Status;

    private static Func<bool> AtLeast(Func<int> count, int least) => () => count() >= least;

    private static async Task UntilAsync(Task working, Func<bool> holds)
    {
        var clock = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(clock.Elapsed < Patience, "What was waited for did not happen.");
            if (working.IsCompleted)
                await working;
            await Task.Delay(10);
        }
    }
}
