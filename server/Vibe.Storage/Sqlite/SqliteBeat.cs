using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Vibe.Hosting.Errors;
using Vibe.Storage.Spaces;

namespace Vibe.Storage.Sqlite;

/// <summary>
/// Renews the beat of a server that writes, so that it notices when a backup is put back beneath it. One that is idle lets the
/// disk rest: nobody else writes into the spaces of a SQLite database, so nothing can be lost that it would not know of.
/// </summary>
internal sealed partial class SqliteBeat(Incarnation incarnation, Clock clock, ILogger<SqliteBeat> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock.Time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await incarnation.BeatAfterWritesAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is DbException or VibeException)
            {
                LogBeatFailed(exception);
            }
        }
    }

    [LoggerMessage(2004, LogLevel.Warning, "The beat could not be renewed; it is tried again")]
    private partial void LogBeatFailed(Exception exception);
}
