namespace Vibe.Client.Subscriptions;

/// <summary>Runs a subscription beside its reader, and ends it with the reader.</summary>
internal sealed class Pump : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly CancellationToken _closing;
    private readonly CancellationToken _cancelled;
    private readonly Task _run;

    public Pump(
        Func<CancellationToken, Task> run,
        Action<Exception> onEnd,
        CancellationToken closing,
        CancellationToken cancelled
    )
    {
        _closing = closing;
        _cancelled = cancelled;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(closing, cancelled);
        _run = Task.Run(async () =>
        {
            try
            {
                await run(_stop.Token).ConfigureAwait(false);
            }
            catch (Exception end)
            {
                onEnd(end);
            }
        });
    }

    /// <summary>Throws in the words of whoever stopped it.</summary>
    public void ThrowIfStopped()
    {
        _cancelled.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, typeof(VibeClient));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _run.ConfigureAwait(false);
        _stop.Dispose();
    }
}
