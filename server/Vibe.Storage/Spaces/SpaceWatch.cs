using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Vibe.Storage.Spaces;

/// <summary>
/// Looks twice a second, with one statement, at every space that somebody here waits for, so that a lost signal costs half
/// a second.
/// </summary>
internal sealed partial class SpaceWatch(Database database, SpaceSignal signal, ILogger<SpaceWatch> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private Dictionary<string, (long Head, long Epoch)> _seen = [];

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
        var names = watched.Select((key, index) => ($"@k{index}", key)).ToArray();
        await using var snapshot = await database.ReadAsync(cancellation);
        var rows = await snapshot.ListAsync(
            $"SELECT id, head, policy_epoch FROM spaces WHERE id IN ({string.Join(", ", names.Select(n => n.Item1))})",
            reader => (Id: reader.GetString(0), State: (reader.GetInt64(1), reader.GetInt64(2))),
            [.. names.Select(name => new Sessions.Value(name.Item1, name.key))],
            cancellation
        );
        var now = rows.ToDictionary(row => row.Id, row => row.State);
        foreach (var (key, state) in now)
            if (!_seen.TryGetValue(key, out var before) || before != state)
                signal.Deliver(key);
        _seen = now;
    }

    [LoggerMessage(2001, LogLevel.Warning, "Looking after the spaces that streams wait for failed; it goes on")]
    private partial void LogSweepFailed(Exception exception);
}
