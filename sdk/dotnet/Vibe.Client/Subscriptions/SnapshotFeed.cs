using System.Threading.Channels;
using Vibe.Client.Calls;

namespace Vibe.Client.Subscriptions;

/// <summary>A reader of views, whatever the type of their content.</summary>
internal abstract class SnapshotFeed
{
    /// <summary>Takes in a page; holds nobody up.</summary>
    public abstract void Apply(FeedPage page);

    /// <summary>Takes in that nobody stands behind the view any more.</summary>
    public abstract void LoseTouch(VibeException cause);

    /// <summary>Takes in that there will be no more.</summary>
    public abstract void End(Exception why);
}

/// <summary>Gives whole views to one reader; one that is slow gets the latest.</summary>
internal sealed class SnapshotFeed<T> : SnapshotFeed, IAsyncDisposable
{
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    private readonly Lock _lock = new();
    private readonly SnapshotState<T> _state;
    private readonly SharedStreams _streams;
    private readonly ReaderStop _stop;
    private readonly SharedView _view;

    public SnapshotFeed(
        Connection connection,
        string spaceId,
        string collection,
        Codec<T> codec,
        CancellationToken cancelled
    )
    {
        _state = new SnapshotState<T>(codec);
        _streams = connection.Streams;
        _stop = new ReaderStop(connection.Closing, cancelled);
        _stop.ThrowIfStopped();
        _view = _streams.Watch(spaceId, collection, this);
    }

    /// <exception cref="VibeException">Why there are no more.</exception>
    public async Task<CollectionSnapshot<T>?> NextAsync()
    {
        try
        {
            do
            {
                _stop.ThrowIfStopped();
                lock (_lock)
                {
                    if (_state.Take() is { } snapshot)
                    {
                        return snapshot;
                    }
                }
            } while (
                await _news.Reader.WaitToReadAsync(_stop.Token).ConfigureAwait(false) && _news.Reader.TryRead(out _)
            );
        }
        catch (OperationCanceledException)
        {
            _stop.ThrowIfStopped();
            throw;
        }

        return null;
    }

    public override void Apply(FeedPage page)
    {
        lock (_lock)
        {
            _state.Apply(page);
        }

        _news.Writer.TryWrite(true);
    }

    public override void LoseTouch(VibeException cause)
    {
        lock (_lock)
        {
            _state.LoseTouch(cause);
        }

        _news.Writer.TryWrite(true);
    }

    public override void End(Exception why) => _news.Writer.TryComplete(why);

    public ValueTask DisposeAsync()
    {
        _streams.Leave(_view, this);
        _stop.Dispose();
        return ValueTask.CompletedTask;
    }
}
