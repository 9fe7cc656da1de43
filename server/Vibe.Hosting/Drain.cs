using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Vibe.Hosting;

/// <summary>How a server that is told to stop leaves those who use it.</summary>
public sealed class DrainOptions
{
    /// <summary>The section of the configuration that holds these options.</summary>
    public const string Section = "Vibe:Drain";

    /// <summary>
    /// How long it goes on as if nothing was, but for its health: until a gateway has noticed, and sends calls elsewhere.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan Delay { get; init; }

    /// <summary>How long calls under way may take from then on; what is left is cut off.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>
/// Stops a server in order: at once its health says that it does not serve; after a delay its streams are told to go on
/// elsewhere, it takes no further connections, tells those that are open (GOAWAY), and ends when their calls have.
/// </summary>
/// <remarks>A server is told to stop by SIGTERM, and <see cref="IHost.StopAsync"/> waits for the delay before all else.</remarks>
public sealed class Drain(DrainOptions options, TimeProvider time, IHostApplicationLifetime lifetime)
    : IHostedLifecycleService,
        IHealthCheck,
        IDisposable
{
    private readonly CancellationTokenSource _goAway = new();
    private volatile bool _isStopping;

    /// <summary>Streams end now; others take them.</summary>
    public CancellationToken GoAway => _goAway.Token;

    /// <inheritdoc />
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // Whoever asks twice does not want to wait.
        var delay = _isStopping ? TimeSpan.Zero : options.Delay;
        _isStopping = true;
        try
        {
            await Task.Delay(delay, time, cancellationToken);
        }
        finally
        {
            await _goAway.CancelAsync();
        }
    }

    /// <inheritdoc />
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    ) =>
        Task.FromResult(
            _isStopping || lifetime.ApplicationStopping.IsCancellationRequested
                ? HealthCheckResult.Unhealthy("The server is about to stop.")
                : HealthCheckResult.Healthy()
        );

    /// <inheritdoc />
    public void Dispose() => _goAway.Dispose();

    /// <inheritdoc />
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
