using System.Threading.Channels;
using Vibe.Cli.Documents;
using Vibe.Client;

namespace Vibe.Cli.Demos;

/// <summary>Follows a collection in the background and hands over what came, change by change.</summary>
internal sealed class Follower
{
    private readonly Channel<Change<RawJson>> _changes = Channel.CreateUnbounded<Change<RawJson>>();
    private readonly TaskCompletionSource<int> _live = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Follower(Collection<RawJson> collection, CancellationToken cancellation) =>
        Ended = FollowAsync(collection, cancellation);

    /// <summary>How many documents there were when the first listing was complete.</summary>
    public Task<int> Live => _live.Task;

    /// <summary>Why it ended.</summary>
    public Task<VibeException> Ended { get; }

    /// <summary>Waits for the next change after the first listing.</summary>
    public ValueTask<Change<RawJson>> NextAsync(CancellationToken cancellation) =>
        _changes.Reader.ReadAsync(cancellation);

    /// <summary>Whether nothing is there that was not taken.</summary>
    public bool IsSilent => !_changes.Reader.TryPeek(out _);

    private async Task<VibeException> FollowAsync(Collection<RawJson> collection, CancellationToken cancellation)
    {
        var ids = new HashSet<string>();
        try
        {
            await foreach (var page in collection.SubscribeAsync(cancellationToken: cancellation))
            {
                foreach (var change in page.Changes)
                    if (Live.IsCompleted)
                        _changes.Writer.TryWrite(change);
                    else
                        ids.Add(change.Id);
                if (page.IsLive)
                    _live.TrySetResult(ids.Count);
            }
            throw new InvalidOperationException("A subscription never ends without a reason.");
        }
        catch (VibeException end)
        {
            _live.TrySetException(end);
            _changes.Writer.TryComplete(end);
            return end;
        }
    }
}
