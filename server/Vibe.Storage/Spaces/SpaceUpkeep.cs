using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Vibe.Hosting.Errors;

namespace Vibe.Storage.Spaces;

/// <summary>Forgets what is only kept for a day, once an hour.</summary>
internal sealed partial class SpaceUpkeep(Database database, ILogger<SpaceUpkeep> logger) : BackgroundService
{
    // A day's rows in one statement would keep everybody else from writing.
    private const int RowsAtOnce = 1000;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), database.Clock.Time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await ForgetAsync("idempotency_keys", "space, person, client, key", stoppingToken);
                await ForgetAsync("groups", "space, id", stoppingToken);
            }
            catch (Exception exception) when (exception is DbException or VibeException)
            {
                LogUpkeepFailed(exception);
            }
        }
    }

    private async Task ForgetAsync(string table, string key, CancellationToken cancellation)
    {
        var until = database.Clock.Microseconds - IdempotencyLog.Window;
        int forgotten;
        do
        {
            await using var write = await database.WriteAsync(cancellation);
            forgotten = await write.ExecuteAsync(
                $"""
                DELETE FROM {table} WHERE ({key}) IN
                    (SELECT {key} FROM {table} WHERE at <= @until ORDER BY at LIMIT {RowsAtOnce})
                """,
                [("@until", until)],
                cancellation
            );
            await write.CommitAsync();
        } while (forgotten == RowsAtOnce);
    }

    [LoggerMessage(2002, LogLevel.Warning, "Forgetting what is a day old failed; it is tried again in an hour")]
    private partial void LogUpkeepFailed(Exception exception);
}
