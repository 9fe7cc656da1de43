using Grpc.Core;
using Vibe.Sync.V1;

namespace Vibe.Stress;

/// <summary>Follows a collection, and goes on from its last token when a stream stops.</summary>
internal sealed class Tail : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SyncService.SyncServiceClient _client;
    private readonly string _collection;
    private readonly Action<Page> _apply;
    private string _token = "";
    private Task _following = Task.CompletedTask;

    private Tail(SyncService.SyncServiceClient client, string collection, Action<Page> apply) =>
        (_client, _collection, _apply) = (client, collection, apply);

    /// <summary>Why the last stream ended, where it said so.</summary>
    public Google.Rpc.Status? End { get; private set; }

    /// <summary>Ends when a stream ended for good.</summary>
    public Task Ended => _following;

    /// <summary>Starts to follow, and returns with the first checkpoint.</summary>
    public static async Task<Tail> StartAsync(
        SyncService.SyncServiceClient client,
        string collection,
        Action<Page> apply
    )
    {
        var tail = new Tail(client, collection, apply);
        tail._following = Task.Run(tail.FollowAsync);
        await Task.WhenAny(tail._caughtUp.Task, tail._following);
        return tail;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _following;
        _stop.Dispose();
    }

    private async Task FollowAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (await ReadAsync())
                    return;
            }
            catch (RpcException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (RpcException exception) when (exception.StatusCode is StatusCode.Unavailable or StatusCode.Internal)
            {
                await Task.Delay(50);
            }
        }
    }

    private async Task<bool> ReadAsync()
    {
        var scope = new Scope { Collection = _collection, ResumeToken = _token };
        using var call = _client.Subscribe(new SubscribeRequest { Scope = scope }, cancellationToken: _stop.Token);
        await foreach (var message in call.ResponseStream.ReadAllAsync(_stop.Token))
        {
            if (message.Page is { } page)
            {
                _apply(page);
                _token = page.ResumeToken;
                if (page.Checkpoint is not null)
                    _caughtUp.TrySetResult();
            }
            if (message.End is { } end)
            {
                End = end.Status;
                return end.Status.Code != (int)StatusCode.Unavailable;
            }
        }
        return false;
    }
}
