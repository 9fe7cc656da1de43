using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

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
        var asked = parts
            .Select((part, index) => (Part: part, Ids: part.IdsAmong(watched, $"@k{index}_")))
            .Where(asked => asked.Ids.Length > 0)
            .ToList();
        if (asked.Count == 0)
        {
            _seen = [];
            return;
        }
        await using var snapshot = await database.ReadAsync(cancellation);
        var rows = await snapshot.ListAsync(
            string.Join(" UNION ALL ", asked.Select(asked => asked.Part.Select(asked.Ids))),
            reader => (Key: reader.GetString(0), State: reader.GetString(1)),
            [.. asked.SelectMany(asked => asked.Ids)],
            cancellation
        );
        var now = rows.ToDictionary(row => row.Key, row => row.State);
        foreach (var (key, state) in now)
            if (!_seen.TryGetValue(key, out var before) || before != state)
                signal.Deliver(key);
        _seen = now;
    }

    [LoggerMessage(2001, LogLevel.Warning, "Looking after what streams wait for failed; it goes on")]
    private partial void LogSweepFailed(Exception exception);
}
