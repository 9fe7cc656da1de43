using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Vibe.Hosting;
using Vibe.Storage;

namespace Vibe.Identity.Keys;

/// <summary>Takes up keys that were made, and lets go of those that were revoked, while the server runs.</summary>
internal sealed partial class KeyWatch(KeyRing ring, Clock clock, ILogger<KeyWatch> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(KeyRing.LookInterval, clock.Time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await ring.RefreshAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is DbException or StartupException)
            {
                LogLookFailed(exception);
            }
        }
    }

    [LoggerMessage(4001, LogLevel.Warning, "Looking for new keys failed; the server goes on with those that it has")]
    private partial void LogLookFailed(Exception exception);
}
