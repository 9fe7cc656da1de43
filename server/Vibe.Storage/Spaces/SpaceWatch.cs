using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Vibe.Storage.Sessions;

namespace Vibe.Storage.Spaces;

/// <summary>
/// Looks twice a second at everything that somebody here waits for, with one statement for each kind, so that a lost
/// signal costs half a second.
/// </summary>
internal sealed partial class SpaceWatch(
    Database database,
    SpaceSignal signal,
    IEnumerable<WatchedRows> kinds,
    ILogger<SpaceWatch> logger
) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    // Engines bound the parameters of a statement, and SQLite looks through all of them for each.
    private const int KeysAtOnce = 500;

    private Dictionary<string, string> _seen = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, database.Clock.Time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (DbException exception)
            {
                LogSweepFailed(exception);
            }
        }
    }

    private async Task SweepAsync(CancellationToken cancellation)
    {
        var watched = signal.Watched;
        if (watched.Count == 0)
        {
            _seen = [];
            return;
        }
        var now = new Dictionary<string, string>();
        await using (var snapshot = await database.ReadAsync(cancellation))
            foreach (var kind in kinds)
            foreach (var keys in watched.Where(key => PrefixOf(key) == kind.Prefix).Chunk(KeysAtOnce))
            foreach (var (key, version) in await ReadAsync(snapshot, kind, keys, cancellation))
                now[key] = version;
        var before = _seen;
        _seen = now;
        foreach (var (key, version) in now)
            if (before.GetValueOrDefault(key) != version)
                signal.Deliver(key);
    }

    private static Task<List<(string Key, string Version)>> ReadAsync(
        Snapshot snapshot,
        WatchedRows kind,
        string[] keys,
        CancellationToken cancellation
    )
    {
        var ids = keys.Select((key, index) => new Value($"@k{index}", key[kind.Prefix.Length..])).ToArray();
        return snapshot.ListAsync(
            $"""
            SELECT id, {kind.Version} FROM {kind.Table}
            WHERE id IN ({string.Join(", ", ids.Select(id => id.Name))})
            """,
            reader => (kind.Prefix + reader.GetString(0), reader.GetString(1)),
            ids,
            cancellation
        );
    }

    private static string PrefixOf(string key) => key[..(key.LastIndexOf('/') + 1)];

    [LoggerMessage(2001, LogLevel.Warning, "Looking after what streams wait for failed; it goes on")]
    private partial void LogSweepFailed(Exception exception);
}
