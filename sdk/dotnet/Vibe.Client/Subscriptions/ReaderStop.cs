namespace Vibe.Client.Subscriptions;

/// <summary>What ends a reader from outside: its own cancellation, or the client that closes.</summary>
internal sealed class ReaderStop(CancellationToken closing, CancellationToken cancelled) : IDisposable
{
    private readonly CancellationTokenSource _either = CancellationTokenSource.CreateLinkedTokenSource(
        closing,
        cancelled
    );

    public CancellationToken Token => _either.Token;

    /// <summary>Throws in the words of whoever stopped it.</summary>
    public void ThrowIfStopped()
    {
        cancelled.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(closing.IsCancellationRequested, typeof(VibeClient));
    }

    public void Dispose() => _either.Dispose();
}
