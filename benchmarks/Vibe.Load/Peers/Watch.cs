namespace Vibe.Load.Peers;

/// <summary>A subscriber that listens until it is disposed of.</summary>
internal sealed class Watch : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Task _listening;

    private Watch(Func<CancellationToken, Task> listen) => _listening = listen(_end.Token);

    /// <summary>Begins to listen; <paramref name="listen"/> ends when its token does, or with what went wrong.</summary>
    public static Watch Begin(Func<CancellationToken, Task> listen) => new(listen);

    /// <summary>Fails when the subscriber was cut off.</summary>
    public Task Broken => _listening;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        try
        {
            await _listening;
        }
        catch (Exception) when (_end.IsCancellationRequested)
        {
            // Each client says in its own way that it was stopped.
        }
        _end.Dispose();
    }
}
