using Grpc.Core;
using Vibe.Client.Tests.Scripted;
using Xunit;
using static Vibe.Client.Tests.Scripted.Messages;

namespace Vibe.Client.Tests.Subscriptions;

public sealed class SnapshotsTests
{
    private static CancellationToken Stop => Patience.Stop;

    [Fact]
    public async Task The_first_view_comes_when_the_first_listing_is_complete()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        server.Sync.Then(async line =>
        {
            await line.OpenAsync();
            await line.PageAsync("t1", reset: true, live: false, Put("b"));
            await line.PageAsync("t2", reset: false, live: true, Put("a"));
            await line.HoldAsync();
        });

        var first = await vibe.Me.Collection<Movie>("movies").SnapshotsAsync(Stop).FirstAsync(Stop);

        Assert.Equal(["a", "b"], first.Documents.Keys);
        Assert.Equal(["a", "b"], first.Changes.Select(change => change.Id));
        Assert.True(first.IsLive);
        Assert.Null(first.Error);
    }

    [Fact]
    public async Task An_empty_collection_gives_an_empty_view()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        server.Sync.Then(async line =>
        {
            await line.OpenAsync();
            await line.PageAsync("t1", reset: true, live: true);
            await line.HoldAsync();
        });

        var first = await vibe.Me.Collection("movies").SnapshotsAsync(Stop).FirstAsync(Stop);

        Assert.Empty(first.Documents);
        Assert.True(first.IsLive);
    }

    [Fact]
    public async Task A_view_falls_from_live_when_reconnecting_fails_and_rises_by_itself()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        var hasSeen = new SemaphoreSlim(0);
        server
            .Sync.Then(async line =>
            {
                await line.OpenAsync();
                await line.PageAsync("t1", reset: true, live: true, Put("a"));
                await hasSeen.WaitAsync(Stop);
                throw Failures.Bare(StatusCode.Unavailable);
            })
            .Then(_ => throw Failures.Exception(StatusCode.Unavailable, Reason.StorageUnavailable))
            .Then(async line =>
            {
                await hasSeen.WaitAsync(Stop);
                await line.OpenAsync();
                await line.PageAsync("t2", reset: false, live: true);
                await line.HoldAsync();
            });

        var seen = new List<CollectionSnapshot<Movie>>();
        await foreach (var view in vibe.Me.Collection<Movie>("movies").SnapshotsAsync(Stop).Take(3))
        {
            seen.Add(view);
            hasSeen.Release();
        }

        Assert.Equal([true, false, true], seen.Select(view => view.IsLive));
        Assert.Equal(Reason.StorageUnavailable, seen[1].Error!.Reason);
        Assert.Null(seen[2].Error);
        Assert.All(seen, view => Assert.Equal(["a"], view.Documents.Keys));
        Assert.Equal([1, 0, 0], seen.Select(view => view.Changes.Count));
    }

    [Fact]
    public async Task A_renewed_token_does_not_flicker()
    {
        await using var server = await ScriptedServer.StartAsync();
        var count = 0;
        await using var vibe = server.Client(
            TokenSource.From(_ => Task.FromResult<AccessToken?>($"token-{Interlocked.Increment(ref count)}"))
        );
        var hasSeen = new SemaphoreSlim(0);
        server
            .Sync.Then(async line =>
            {
                await line.OpenAsync();
                await line.PageAsync("t1", reset: true, live: true, Put("a"));
                await hasSeen.WaitAsync(Stop);
                await line.EndAsync(Failures.Status(StatusCode.Unauthenticated, Reason.AccessTokenExpired));
            })
            .Then(async line =>
            {
                await line.OpenAsync();
                await line.PageAsync("t2", reset: false, live: true, Put("b"));
                await line.HoldAsync();
            });

        var live = new List<bool>();
        await foreach (var view in vibe.Me.Collection<Movie>("movies").SnapshotsAsync(Stop).Take(2))
        {
            live.Add(view.IsLive);
            hasSeen.Release();
        }

        Assert.Equal([true, true], live);
    }

    [Fact]
    public async Task A_revoked_grant_ends_the_views_with_the_reason()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        server.Sync.Then(async line =>
        {
            await line.OpenAsync();
            await line.PageAsync("t1", reset: true, live: true, Put("a"));
            await line.EndAsync(Failures.Status(StatusCode.PermissionDenied, Reason.GrantRevoked));
        });
        var views = 0;

        var error = await Assert.ThrowsAsync<VibeException>(async () =>
        {
            await foreach (var _ in vibe.Me.Collection("movies").SnapshotsAsync(Stop))
            {
                views++;
            }
        });

        Assert.Equal(1, views);
        Assert.Equal(Reason.GrantRevoked, error.Reason);
    }
}
