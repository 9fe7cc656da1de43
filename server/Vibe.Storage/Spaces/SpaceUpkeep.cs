using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Vibe.Hosting;
using Vibe.Hosting.Errors;

namespace Vibe.Storage.Spaces;

/// <summary>Forgets what is only kept for a while, once an hour.</summary>
internal sealed partial class SpaceUpkeep(Database database, Limits limits, ILogger<SpaceUpkeep> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), database.Clock.Time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await using var write = await database.WriteAsync(stoppingToken);
                await write.ExecuteAsync(
                    "DELETE FROM idempotency_keys WHERE at <= @until",
                    [("@until", database.Clock.Microseconds - (long)limits.IdempotencyWindow.TotalMicroseconds)],
                    stoppingToken
                );
                await write.CommitAsync();
            }
            catch (Exception exception) when (exception is DbException or VibeException)
            {
                LogUpkeepFailed(exception);
            }
        }
    }

    [LoggerMessage(2002, LogLevel.Warning, "Forgetting old idempotency keys failed; it is tried again in an hour")]
    private partial void LogUpkeepFailed(Exception exception);
}
