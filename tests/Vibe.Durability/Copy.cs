using System.Collections.Concurrent;
using Grpc.Core;
using Vibe.Sync.V1;

namespace Vibe.Durability;

/// <summary>
/// A client that follows a collection by the rules of the contract: it keeps what pages put, and goes on from its last token
/// whenever a stream stops.
/// </summary>
internal sealed class Copy : IAsyncDisposable
{
    private readonly SyncService.SyncServiceClient _client;
    private readonly Scope _scope;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, string> _documents = new();
    private readonly Task _following;
    private HashSet<string>? _sinceReset;

    public Copy(CallInvoker calls, string collection)
    {
        _client = new SyncService.SyncServiceClient(calls);
        _scope = new Scope { Collection = collection };
        _following = Task.Run(FollowAsync);
    }

    /// <summary>What the client has, by id.</summary>
    public IReadOnlyDictionary<string, string> Documents => _documents;

    /// <summary>How often a stream stopped and another one was opened.</summary>
    public int Reopened { get; private set; }

    /// <summary>Why streams stopped, other than that the connection was cut.</summary>
    public ConcurrentDictionary<string, int> Ends { get; } = new();

    /// <summary>Waits until the client has exactly this.</summary>
    public async Task BecomesAsync(IReadOnlyDictionary<string, string> documents, TimeSpan patience)
    {
        using var late = new CancellationTokenSource(patience);
        while (!documents.OrderBy(each => each.Key).SequenceEqual(_documents.OrderBy(each => each.Key)))
        {
            if (_following.IsFaulted)
                await _following;
            Assert.False(late.IsCancellationRequested, $"{_documents.Count} of {documents.Count} documents, or others");
            await Task.Delay(20);
        }
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
                await ReadAsync();
            }
            catch (RpcException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (RpcException exception)
            {
                Ends.AddOrUpdate(Refusals.Name(exception), 1, (_, times) => times + 1);
            }
            Reopened++;
            await Task.Delay(50);
        }
    }

    private async Task ReadAsync()
    {
        using var call = _client.Subscribe(new SubscribeRequest { Scope = _scope }, cancellationToken: _stop.Token);
        await foreach (var message in call.ResponseStream.ReadAllAsync(_stop.Token))
        {
            if (message.Page is { } page)
                Apply(page);
            if (message.End is { } end)
                Ends.AddOrUpdate(Refusals.Name(end.Status), 1, (_, times) => times + 1);
        }
    }

    private void Apply(Page page)
    {
        if (page.Reset)
            _sinceReset = [];
        foreach (var change in page.Changes)
        {
            _sinceReset?.Add(change.DocumentId);
            if (change.KindCase == Change.KindOneofCase.Put)
                _documents[change.DocumentId] = change.Put.Json.ToStringUtf8();
            else
                _documents.TryRemove(change.DocumentId, out _);
        }
        _scope.ResumeToken = page.ResumeToken;
        if (page.Checkpoint is null || _sinceReset is null)
            return;
        foreach (var id in _documents.Keys.Except(_sinceReset))
            _documents.TryRemove(id, out _);
        _sinceReset = null;
    }
}
