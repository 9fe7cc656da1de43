using System.Threading.Channels;
using Vibe.Client.Calls;

namespace Vibe.Client.Subscriptions;

/// <summary>A scope whose pages go to one reader, with a few held ready.</summary>
internal sealed class PageFeed : Subscription, IAsyncDisposable
{
    private const int HeldReady = 4;

    private readonly Channel<FeedPage> _pages = Channel.CreateBounded<FeedPage>(
        new BoundedChannelOptions(HeldReady) { SingleReader = true, SingleWriter = true }
    );

    private readonly SharedStreams _streams;
    private readonly ReaderStop _stop;
    private volatile TaskCompletionSource _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public PageFeed(
        Connection connection,
        string spaceId,
        string collection,
        SubscribeOptions? options,
        CancellationToken cancelled
    )
        : base(connection, spaceId, collection, options?.ResumeToken, options?.ConsistencyToken)
    {
        _streams = connection.Streams;
        _stop = new ReaderStop(connection.Closing, cancelled);
        _stop.ThrowIfStopped();
        _streams.Join(this);
    }

    public override bool HasRoom => _pages.Reader.Count < HeldReady;

    /// <exception cref="VibeException">Why there are no more.</exception>
    public async Task<FeedPage?> NextAsync()
    {
        _stop.ThrowIfStopped();
        try
        {
            await _pages.Reader.WaitToReadAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _stop.ThrowIfStopped();
            throw;
        }

        if (!_pages.Reader.TryRead(out var page))
        {
            return null;
        }

        Interlocked
            .Exchange(ref _taken, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))
            .SetResult();
        return page;
    }

    public override void Give(FeedPage page)
    {
        if (!page.IsEcho)
        {
            _pages.Writer.TryWrite(page);
        }
    }

    public override Task HasRoomAsync(CancellationToken stop) => HoldsAtMostAsync(HeldReady - 1, stop);

    public override Task IsTakenAsync(CancellationToken stop) => HoldsAtMostAsync(0, stop);

    /// <summary>Pages say nothing of it: the reader has what it has, and hears when there is more.</summary>
    public override void LoseTouch(VibeException cause) { }

    public override void End(Exception why) => _pages.Writer.TryComplete(why);

    public ValueTask DisposeAsync()
    {
        _streams.Leave(this);
        _stop.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task HoldsAtMostAsync(int count, CancellationToken stop)
    {
        while (true)
        {
            // Before the count, or a page that is taken between the two would be waited for in vain.
            var taken = _taken.Task;
            if (_pages.Reader.Count <= count)
            {
                return;
            }

            await taken.WaitAsync(stop).ConfigureAwait(false);
        }
    }
}
