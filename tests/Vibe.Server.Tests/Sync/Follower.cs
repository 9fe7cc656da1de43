using Google.Rpc;
using Grpc.Core;
using Vibe.Sync.V1;
using Vibe.Testing;

namespace Vibe.Server.Tests.Sync;

/// <summary>Reads one subscription, event by event; none may be later than the limit.</summary>
internal sealed class Follower : IAsyncDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private readonly AsyncServerStreamingCall<SubscribeResponse> _call;

    private Follower(AsyncServerStreamingCall<SubscribeResponse> call) => _call = call;

    public Opened Opened { get; private set; } = null!;

    /// <summary>Opens a subscription and reads its first message.</summary>
    public static Task<Follower> OpenAsync(Actor actor, params Scope[] scopes)
    {
        var request = new SubscribeRequest();
        request.Scopes.Add(scopes);
        return OpenAsync(actor.Sync, request);
    }

    public static async Task<Follower> OpenAsync(SyncService.SyncServiceClient client, SubscribeRequest request)
    {
        var follower = new Follower(client.Subscribe(request));
        try
        {
            follower.Opened = (await follower.NextAsync()).Opened;
            Assert.NotNull(follower.Opened);
            return follower;
        }
        catch
        {
            follower._call.Dispose();
            throw;
        }
    }

    /// <summary>Opens a subscription to one collection and reads up to its first checkpoint.</summary>
    public static async Task<Follower> CaughtUpAsync(Actor actor, string collection, string token = "")
    {
        var follower = await OpenAsync(actor, Calls.Scope(collection, token));
        while ((await follower.PageAsync()).Checkpoint is null) { }
        return follower;
    }

    /// <summary>The next message, whatever it is.</summary>
    public async Task<SubscribeResponse> NextAsync()
    {
        Assert.True(await MovesAsync(), "The stream stopped and another message was expected.");
        return _call.ResponseStream.Current;
    }

    /// <summary>The next message, which must be a page.</summary>
    public async Task<Page> PageAsync(int scope = 0)
    {
        var next = await NextAsync();
        Assert.True(next.EventCase == SubscribeResponse.EventOneofCase.Page, $"Expected a page, got {next}");
        Assert.Equal(scope, next.ScopeIndex);
        return next.Page;
    }

    /// <summary>The reason of the end, which must be the next message, and the last.</summary>
    public async Task<Google.Rpc.Status> EndAsync()
    {
        var next = await NextAsync();
        Assert.True(next.EventCase == SubscribeResponse.EventOneofCase.End, $"Expected the end, got {next}");
        Assert.False(await MovesAsync(), "Something came after the end.");
        return next.End.Status;
    }

    /// <summary>Makes sure that the end, with that reason, is all that is left.</summary>
    public async Task EndsWithAsync(string reason) => Assert.Equal(reason, (await EndAsync()).Reason());

    public ValueTask DisposeAsync()
    {
        _call.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<bool> MovesAsync()
    {
        using var late = new CancellationTokenSource(Limit);
        try
        {
            return await _call.ResponseStream.MoveNext(late.Token);
        }
        catch (RpcException) when (late.IsCancellationRequested)
        {
            throw new TimeoutException($"No message within {Limit}.");
        }
    }
}

internal static class Statuses
{
    public static string Reason(this Google.Rpc.Status status) => status.GetDetail<ErrorInfo>()!.Reason;
}
