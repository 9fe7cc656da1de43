using System.Globalization;

namespace Vibe.Durability;

/// <summary>An acknowledgement is on disk (R26): what the kernel was asked, counted.</summary>
public sealed class SyncTests(ITestOutputHelper output)
{
    private const int Writes = 40;

    [Fact]
    public async Task Every_acknowledged_write_is_synced_before_its_acknowledgement_leaves()
    {
        var (synced, syncs) = await CountAsync(ServerProcess.Real);

        Assert.Equal(Writes, synced);
        Assert.InRange(syncs, Writes, int.MaxValue);
    }

    [Fact]
    public async Task A_server_that_does_not_sync_its_commits_is_found_out()
    {
        var (synced, syncs) = await CountAsync(ServerProcess.Weak);

        Assert.InRange(synced, 0, Writes / 2);
        Assert.InRange(syncs, 0, Writes / 2);
    }

    // A write counts as synced when a sync of the log began after the acknowledgement before it had left, and had ended.
    private async Task<(int Synced, int Syncs)> CountAsync(string program)
    {
        using var data = await Data.MakeAsync();
        var recorded = await RecordedLoad.RunAsync(
            program,
            data,
            padding: 100,
            async load =>
            {
                for (var n = 0; n < Writes; n++)
                    await load.PutAsync(string.Create(CultureInfo.InvariantCulture, $"d{n}"));
            }
        );
        var log = recorded
            .Events.OfType<Synced>()
            .Where(sync => sync.Path.EndsWith(".db-wal", StringComparison.Ordinal))
            .ToArray();
        var places = recorded.Acknowledgements.Select(each => each.At).ToArray();
        var synced = places
            .Prepend(0)
            .Zip(places)
            .Count(between => log.Any(sync => sync.Began > between.First && sync.Ended < between.Second));
        var syncs = log.Count(sync => sync.Ended < places[^1]);
        output.WriteLine($"{places.Length} writes acknowledged, {syncs} syncs of the log, {synced} writes synced");
        return (synced, syncs);
    }
}
