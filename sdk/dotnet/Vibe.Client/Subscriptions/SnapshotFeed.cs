using System.Threading.Channels;

namespace Vibe.Client.Subscriptions;

/// <summary>Gives whole views to one reader; one that is slow gets the latest.</summary>
internal sealed class SnapshotFeed<T> : IAsyncDisposable
{
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    private readonly Lock _lock = new();
    private readonly SnapshotState<T> _state;
    private readonly Pump _pump;

    public SnapshotFeed(
        Subscription subscription,
        Codec<T> codec,
        CancellationToken closing,
        CancellationToken cancelled
    )
    {
        _state = new SnapshotState<T>(codec);
        _pump = new Pump(
            stop => subscription.RunAsync(Apply, LoseTouch, stop),
            end => _news.Writer.TryComplete(end),
            closing,
            cancelled
        );
    }

    /// <exception cref="VibeException">Why there are no more.</exception>
    public async Task<CollectionSnapshot<T>?> NextAsync()
    {
        try
        {
            do
            {
                _pump.ThrowIfStopped();
                lock (_lock)
                {
                    if (_state.Take() is { } snapshot)
                    {
                        return snapshot;
                    }
                }
            } while (await _news.Reader.WaitToReadAsync().ConfigureAwait(false) && _news.Reader.TryRead(out _));
        }
        catch (OperationCanceledException)
        {
            _pump.ThrowIfStopped();
            throw;
        }

        return null;
    }

    public ValueTask DisposeAsync() => _pump.DisposeAsync();

    private ValueTask Apply(FeedPage page, CancellationToken stop)
    {
        lock (_lock)
        {
            _state.Apply(page);
        }

        _news.Writer.TryWrite(true);
        return ValueTask.CompletedTask;
    }

    private void LoseTouch(VibeException cause)
    {
        lock (_lock)
        {
            _state.LoseTouch(cause);
        }

        _news.Writer.TryWrite(true);
    }
}
