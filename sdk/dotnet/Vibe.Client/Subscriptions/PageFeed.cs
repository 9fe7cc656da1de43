using System.Threading.Channels;

namespace Vibe.Client.Subscriptions;

/// <summary>Gives pages to one reader, with a few held ready.</summary>
internal sealed class PageFeed : IAsyncDisposable
{
    private const int HeldReady = 4;

    private readonly Channel<FeedPage> _pages = Channel.CreateBounded<FeedPage>(
        new BoundedChannelOptions(HeldReady) { SingleReader = true, SingleWriter = true }
    );

    private readonly Pump _pump;

    public PageFeed(Subscription subscription, CancellationToken closing, CancellationToken cancelled) =>
        _pump = new Pump(
            stop => subscription.RunAsync(_pages.Writer.WriteAsync, static _ => { }, stop),
            end => _pages.Writer.TryComplete(end),
            closing,
            cancelled
        );

    /// <exception cref="VibeException">Why there are no more.</exception>
    public async Task<FeedPage?> NextAsync()
    {
        _pump.ThrowIfStopped();
        try
        {
            await _pages.Reader.WaitToReadAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _pump.ThrowIfStopped();
            throw;
        }

        return _pages.Reader.TryRead(out var page) ? page : null;
    }

    public ValueTask DisposeAsync() => _pump.DisposeAsync();
}
