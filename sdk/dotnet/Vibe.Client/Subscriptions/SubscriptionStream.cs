using Grpc.Core;
using Vibe.Sync.V1;

namespace Vibe.Client.Subscriptions;

/// <summary>One stream on the wire with what it was asked for, read with patience.</summary>
internal sealed class SubscriptionStream(
    AsyncServerStreamingCall<SubscribeResponse> call,
    IEnumerable<Subscription> asked,
    TimeProvider time
) : IDisposable
{
    private readonly Subscription?[] _scopes = [.. asked];
    private Task<bool>? _moving;

    /// <summary>What it still follows.</summary>
    public IEnumerable<Subscription> Scopes => _scopes.OfType<Subscription>();

    /// <summary>What has a place; null where nobody wants it any more.</summary>
    public Subscription? At(int place) =>
        place >= 0 && place < _scopes.Length && _scopes[place] is { Left.IsCancellationRequested: false } scope
            ? scope
            : null;

    /// <summary>Passes over what still comes for a scope.</summary>
    public void Drop(Subscription scope)
    {
        if (Array.IndexOf(_scopes, scope) is >= 0 and var place)
        {
            _scopes[place] = null;
        }
    }

    /// <summary>Waits for a message, or until something else has ended.</summary>
    /// <exception cref="TimeoutException">Neither came in time.</exception>
    public async Task WaitAsync(TimeSpan patience, Task until, CancellationToken stop)
    {
        _moving ??= call.ResponseStream.MoveNext(CancellationToken.None);
        if (!_moving.IsCompleted)
        {
            await Task.WhenAny(_moving, until).WaitAsync(patience, time, stop).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for the next message; one that comes after the patience ran out is not lost.</summary>
    /// <returns>The message; null when the stream ended.</returns>
    /// <exception cref="TimeoutException">Nothing came in time.</exception>
    /// <exception cref="VibeException">The stream broke.</exception>
    public async Task<SubscribeResponse?> NextAsync(TimeSpan patience, CancellationToken stop)
    {
        try
        {
            _moving ??= call.ResponseStream.MoveNext(CancellationToken.None);
            var moved = await _moving.WaitAsync(patience, time, stop).ConfigureAwait(false);
            _moving = null;
            return moved ? call.ResponseStream.Current : null;
        }
        catch (RpcException failure)
        {
            stop.ThrowIfCancellationRequested();
            throw VibeException.From(failure, isRead: true);
        }
    }

    public void Dispose()
    {
        call.Dispose();

        // What ends the read that is under way is known.
        _moving?.ContinueWith(
            static read => _ = read.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
    }
}
