using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Vibe.Storage.Sessions;

namespace Vibe.Storage.Spaces;

/// <summary>
/// Looks twice a second, with one statement, at everything that somebody here waits for, so that a lost signal costs half
/// a second.
/// </summary>
internal sealed partial class SpaceWatch(
    Database database,
    SpaceSignal signal,
    IEnumerable<WatchPart> parts,
    ILogger<SpaceWatch> logger
) : BackgroundService
{
    // Engines bound how many parameters a statement has, the lower bound being 32,766.
    private const int KeysAtOnce = 10_000;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

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
        var now = new Dictionary<string, string>();
        if (watched.Count > 0)
        {
            await using var snapshot = await database.ReadAsync(cancellation);
            foreach (var keys in watched.Chunk(KeysAtOnce))
            foreach (var (key, state) in await LookAsync(snapshot, keys, cancellation))
                now[key] = state;
        }
        foreach (var (key, state) in now)
            if (!_seen.TryGetValue(key, out var before) || before != state)
                signal.Deliver(key);
        _seen = now;
    }

    private async Task<List<(string Key, string State)>> LookAsync(
        Snapshot snapshot,
        string[] keys,
        CancellationToken cancellation
    )
    {
        var asked = parts
            .Select((part, index) => (Part: part, Ids: part.IdsAmong(keys, $"@k{index}_")))
            .Where(asked => asked.Ids.Length > 0)
            .ToList();
        return asked.Count == 0
            ? []
            : await snapshot.ListAsync(
                string.Join(" UNION ALL ", asked.Select(asked => asked.Part.Select(asked.Ids))),
                reader => (reader.GetString(0), reader.GetString(1)),
                [.. asked.SelectMany(asked => asked.Ids)],
                cancellation
            );
    }

    [LoggerMessage(2001, LogLevel.Warning, "Looking after what streams wait for failed; it goes on")]
    private partial void LogSweepFailed(Exception exception);
}
