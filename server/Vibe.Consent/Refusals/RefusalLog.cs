using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Vibe.Errors.V1;
using Vibe.Hosting;
using Vibe.Hosting.Errors;
using Vibe.Hosting.Refusals;
using Vibe.Storage;
using Vibe.Storage.Sessions;

namespace Vibe.Consent.Refusals;

/// <summary>
/// Keeps for a day how often each caller was refused what, for the person whose grant it is. The counts are written once a
/// minute, in one transaction beside the order of any space, and once more when the server stops; what a process that is
/// killed had counted since is lost. They are kept in the caller's own space, never in the one that it asked about: that
/// one may not exist, and a stranger could fill it.
/// </summary>
internal sealed partial class RefusalLog(Database database, RefusalCounts counts, ILogger<RefusalLog> logger)
    : BackgroundService
{
    private const long MinutesKept = 24 * 60;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private bool _fails;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await KeepAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, database.Clock.Time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await KeepAsync(stoppingToken);
    }

    private async Task KeepAsync(CancellationToken cancellation)
    {
        var taken = counts.Take();
        try
        {
            await using var write = await database.WriteAsync(cancellation);
            await ForgetAsync(write, cancellation);
            // In one order in every process, or two of them wait for each other.
            foreach (var (call, count) in taken.OrderBy(pair => pair.Key.ToString(), StringComparer.Ordinal))
                await AddAsync(write, call, count, cancellation);
            await write.CommitAsync();
            _fails = false;
        }
        catch (VibeException exception) when (exception.Reason == ErrorReason.OutcomeUnknown)
        {
            // Counted once or not at all, rather than twice.
            LogOutcomeUnknown(exception);
        }
        catch (Exception exception)
            when (exception is DbException or VibeException or StartupException or OperationCanceledException)
        {
            counts.PutBack(taken);
            if (!_fails)
                LogFailed(exception);
            _fails = true;
        }
    }

    private Task<int> ForgetAsync(Write write, CancellationToken cancellation) =>
        write.ExecuteAsync(
            "DELETE FROM refusals WHERE minute < @until",
            [("@until", database.Clock.Now.ToUnixTimeSeconds() / 60 - MinutesKept)],
            cancellation
        );

    private static Task<int> AddAsync(Write write, RefusedCall call, long count, CancellationToken cancellation) =>
        write.ExecuteAsync(
            """
            INSERT INTO refusals (space, minute, app, grant_id, rpc, reason, count)
            VALUES (@space, @minute, @app, @grant, @rpc, @reason, @count)
            ON CONFLICT (space, minute, app, grant_id, rpc, reason)
            DO UPDATE SET count = refusals.count + excluded.count
            """,
            [
                ("@space", call.Space),
                ("@minute", call.Minute),
                ("@app", call.App),
                ("@grant", call.Grant),
                ("@rpc", call.Rpc),
                ("@reason", call.Reason),
                ("@count", count),
            ],
            cancellation
        );

    [LoggerMessage(3001, LogLevel.Warning, "Refusals could not be kept; it is tried again each minute")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(3002, LogLevel.Warning, "Whether the refusals of a minute were kept is not known; they are let go")]
    private partial void LogOutcomeUnknown(Exception exception);
}
