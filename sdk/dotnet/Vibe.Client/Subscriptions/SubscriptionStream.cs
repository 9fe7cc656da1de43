using Grpc.Core;
using Vibe.Sync.V1;

namespace Vibe.Client.Subscriptions;

/// <summary>One stream of a subscription, read with patience.</summary>
internal sealed class SubscriptionStream(AsyncServerStreamingCall<SubscribeResponse> call, TimeProvider time)
    : IDisposable
{
    private Task<bool>? _moving;

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
