using Google.Protobuf;
using Grpc.Core;
using Vibe.Access.V1;
using Vibe.Consent.V1;
using Vibe.Data.V1;
using Vibe.Sync.V1;
using Vibe.Testing;

namespace Vibe.Proof.TwoWorlds;

/// <summary>
/// Carries out the same script in each of two worlds, writes down all that it is told, and keeps a subscription open all
/// the while. What it does depends on seeds and on its own transcript alone.
/// </summary>
internal sealed partial class Watcher : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly World _world;
    private readonly Sight _sight;
    private readonly Transcript _transcript;
    private readonly RestInvoker? _rest;
    private readonly DocumentService.DocumentServiceClient _documents;
    private readonly CollectionService.CollectionServiceClient _collections;
    private readonly GrantService.GrantServiceClient _grants;
    private readonly SyncService.SyncServiceClient _sync;
    private readonly Dictionary<string, string> _settled = [];
    private AsyncServerStreamingCall<SubscribeResponse>? _stream;

    public Watcher(World world, History history)
    {
        (_world, _sight) = (world, history.Sight);
        _transcript = new Transcript(world);
        _rest = history.Protocol == Protocol.Rest ? new RestInvoker(world.Entrance.Rest, world.Watcher.Token!) : null;
        var invoker =
            _rest
            ?? (
                history.Protocol == Protocol.GrpcWeb
                    ? world.Entrance.Web(world.Watcher)
                    : world.Entrance.Grpc(world.Watcher)
            );
        _documents = new DocumentService.DocumentServiceClient(invoker);
        _collections = new CollectionService.CollectionServiceClient(invoker);
        _grants = new GrantService.GrantServiceClient(invoker);
        _sync = new SyncService.SyncServiceClient(invoker);
    }

    public IReadOnlyList<string> Lines => _transcript.Lines;

    /// <summary>When its stream speaks next, whatever happens.</summary>
    public DateTimeOffset? NextHeartbeat { get; private set; }

    private bool Reads => _sight != Sight.BlindApp;
    private bool IsGuest => _sight is Sight.Guest or Sight.GuestApp;

    /// <summary>Subscribes to what it watches, and to something else that stays as it is.</summary>
    public async Task BeginAsync()
    {
        if (!Reads)
            return;
        var request = new SubscribeRequest();
        request.Scopes.Add(new Scope { Collection = _world.Hands.Collection(Cast.Movies) });
        request.Scopes.Add(
            new Scope
            {
                Collection = IsGuest
                    ? $"{_world.GuestSpace}/collections/{Cast.Movies}"
                    : _world.Hands.Collection(Cast.Songs),
            }
        );
        NextHeartbeat = Stage.HeartbeatAfter(_world.Clock.GetUtcNow());
        _stream = _sync.Subscribe(request);
        _transcript.Call("stream", await _stream.ResponseHeadersAsync, [], null, null, null);
        for (var opened = 0; opened < 3; opened++)
            await NextAsync();
        await SettleAsync(Cast.Movies, Cast.Songs);
    }

    /// <summary>Takes what the stream says at its moment.</summary>
    public async Task HearHeartbeatAsync()
    {
        NextHeartbeat += Stage.HeartbeatInterval;
        await NextAsync();
    }

    /// <summary>
    /// Waits until the stream has said what pulls say too, so that each change comes in a message of its own.
    /// </summary>
    public async Task SettleAsync(params string[] collections)
    {
        if (_stream is null)
            return;
        var news = 0;
        foreach (var collection in collections)
        {
            if (IsGuest && collection != Cast.Movies)
                continue;
            var isFirst = !_settled.TryGetValue(collection, out var token);
            if (await PullAsync(collection, token ?? "", 0) is not { Page: { } page })
                continue;
            _settled[collection] = page.ResumeToken;
            _resumeTokens.Add(page.ResumeToken);
            if (!isFirst && (page.Changes.Count > 0 || page.Reset))
                news++;
        }
        // Which of several scopes is looked after first is chance.
        var heard = new List<SubscribeResponse>();
        while (heard.Count < news)
            heard.Add(await ReadAsync());
        foreach (var message in heard.OrderBy(message => message.ScopeIndex))
            _transcript.Message("stream", message, null);
    }

    public ValueTask DisposeAsync()
    {
        _stream?.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task<PullResponse?> PullAsync(string collection, string token, int size) =>
        CallAsync(
            $"pull {collection} {size}",
            _sync.PullAsync(
                new PullRequest
                {
                    Scope = new Scope { Collection = _world.Hands.Collection(collection), ResumeToken = token },
                    PageSize = size,
                }
            )
        );

    /// <summary>A second subscription, which is far behind, up to its checkpoint.</summary>
    private async Task CatchUpAsync(string token)
    {
        var request = new SubscribeRequest();
        request.Scopes.Add(new Scope { Collection = _world.Hands.Collection(Cast.Movies), ResumeToken = token });
        using var behind = _sync.Subscribe(request);
        using var late = new CancellationTokenSource(Patience);
        while (await behind.ResponseStream.MoveNext(late.Token))
        {
            _transcript.Message("behind", behind.ResponseStream.Current, _rest?.Heard);
            if (behind.ResponseStream.Current.Page?.Checkpoint is not null)
                return;
        }
    }

    private async Task NextAsync() => _transcript.Message("stream", await ReadAsync(), _rest?.Heard);

    private async Task<SubscribeResponse> ReadAsync()
    {
        using var late = new CancellationTokenSource(Patience);
        try
        {
            return await _stream!.ResponseStream.MoveNext(late.Token)
                ? _stream.ResponseStream.Current
                : throw new InvalidOperationException("The stream ended.");
        }
        catch (Exception silence)
            when (late.IsCancellationRequested && silence is RpcException or OperationCanceledException)
        {
            throw new TimeoutException("The stream is silent where it should speak.");
        }
    }

    private async Task<TResponse?> CallAsync<TResponse>(string what, AsyncUnaryCall<TResponse> call)
        where TResponse : class, IMessage
    {
        using (call)
        {
            try
            {
                var response = await call.ResponseAsync;
                _transcript.Call(
                    what,
                    await call.ResponseHeadersAsync,
                    call.GetTrailers(),
                    null,
                    response,
                    _rest?.Heard
                );
                return response;
            }
            catch (RpcException refusal)
            {
                _transcript.Call(what, await call.ResponseHeadersAsync, refusal.Trailers, refusal, null, _rest?.Heard);
                return null;
            }
        }
    }
}
