using System.Text.Json.Nodes;
using Grpc.Core;
using Vibe.Client.Tests.Scripted;
using Xunit;
using static Vibe.Client.Tests.Scripted.Messages;

namespace Vibe.Client.Tests.Subscriptions;

public sealed class SubscribeTests
{
    private static readonly TimeSpan Together = TimeSpan.FromMilliseconds(20);

    private static CancellationToken Stop => Patience.Stop;

    [Fact]
    public async Task Pages_come_with_their_tokens_and_marks()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        server.Sync.Then(async line =>
        {
            await line.OpenAsync();
            await line.PageAsync("t1", reset: true, live: false, Put("m1", json: """{"Title":"Alien"}"""));
            await line.PageAsync("t2", reset: false, live: true, Removed("m2"));
            await line.HoldAsync();
        });

        var pages = await vibe
            .Me.Collection<Movie>("movies")
            .SubscribeAsync(cancellationToken: Stop)
            .Take(2)
            .ToListAsync(Stop);

        var line = await server.Sync.NextLineAsync(Stop);
        Assert.Equal("spaces/me/collections/movies", line.Scope.Collection);
        Assert.Equal("", line.Scope.ResumeToken);
        Assert.Equal(["t1", "t2"], pages.Select(page => page.ResumeToken));
        Assert.Equal([true, false], pages.Select(page => page.IsReset));
        Assert.Equal([false, true], pages.Select(page => page.IsLive));
        Assert.Equal("Alien", pages[0].Changes[0].Document!.Value.Title);
        Assert.Equal(RemovalCause.Deleted, pages[1].Changes[0].Cause);
        Assert.Null(pages[1].Changes[0].Document);
    }

    [Fact]
    public async Task A_cut_stream_resumes_after_the_last_page_and_gives_none_twice()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        server
            .Sync.Then(async line =>
            {
                await line.OpenAsync();
                await line.PageAsync("t1", reset: true);
                throw Failures.Bare(StatusCode.Unavailable);
            })
            .Then(async line =>
            {
                await line.OpenAsync();
                await line.PageAsync(line.Scope.ResumeToken == "t1" ? "t2" : "again", live: true);
                await line.HoldAsync();
            });

        var tokens = await TokensAsync(vibe, 2);

        Assert.Equal(["t1", "t2"], tokens);
    }

    [Fact]
    public async Task A_stream_that_ends_without_a_reason_is_resumed()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        server
            .Sync.Then(async line =>
            {
                await line.OpenAsync();
                await line.PageAsync("t1", reset: true);
            })
            .Then(async line =>
            {
                await line.OpenAsync();
                await line.PageAsync("t2", live: true);
                await line.HoldAsync();
            });

        Assert.Equal(["t1", "t2"], await TokensAsync(vibe, 2));
    }

    [Fact]
    public async Task A_heartbeat_moves_the_place_to_resume_from()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        server
            .Sync.Then(async line =>
            {
                await line.OpenAsync();
                await line.PageAsync("t1", reset: true, live: true);
                await line.HeartbeatAsync("h1");
                throw Failures.Bare(StatusCode.Internal);
            })
            .Then(async line =>
            {
                await line.OpenAsync();
                await line.PageAsync($"after-{line.Scope.ResumeToken}", live: true);
                await line.HoldAsync();
            });

        Assert.Equal(["t1", "after-h1"], await TokensAsync(vibe, 2));
    }

    [Fact]
    public async Task Opening_is_tried_again_for_as_long_as_the_server_is_unavailable()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        for (var i = 0; i < 12; i++)
        {
            server.Sync.Then(_ => throw Failures.Bare(StatusCode.Unavailable));
        }

        server.Sync.Then(async line =>
        {
            await line.OpenAsync();
            await line.PageAsync("t1", reset: true, live: true);
            await line.HoldAsync();
        });

        Assert.Equal(["t1"], await TokensAsync(vibe, 1));
    }

    [Fact]
    public async Task An_expired_token_is_renewed_and_the_stream_goes_on()
    {
        await using var server = await ScriptedServer.StartAsync();
        var count = 0;
        await using var vibe = server.Client(
            TokenSource.From(_ => Task.FromResult<AccessToken?>($"token-{Interlocked.Increment(ref count)}"))
        );
        server
            .Sync.Then(async line =>
            {
                await line.OpenAsync();
                await line.PageAsync("t1", reset: true, live: true);
                await line.EndAsync(Failures.Status(StatusCode.Unauthenticated, Reason.AccessTokenExpired));
            })
            .Then(async line =>
            {
                await line.OpenAsync();
                await line.PageAsync($"{line.Scope.ResumeToken}, {line.Authorization}", live: true);
                await line.HoldAsync();
            });

        Assert.Equal(["t1", "t1, Bearer token-2"], await TokensAsync(vibe, 2));
    }

    [Fact]
    public async Task Without_a_new_token_the_loop_ends_with_the_refusal()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        server.Sync.Then(_ => throw Failures.Exception(StatusCode.Unauthenticated, Reason.AccessTokenInvalid));

        var error = await Assert.ThrowsAsync<VibeException>(() => TokensAsync(vibe, 1));

        Assert.Equal(Reason.AccessTokenInvalid, error.Reason);
    }

    [Theory]
    [InlineData("GRANT_REVOKED")]
    [InlineData("GRANT_EXPIRED")]
    [InlineData("NOT_GRANTED")]
    public async Task A_grant_that_ends_ends_the_loop_after_the_pages_before(string reason)
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        server.Sync.Then(async line =>
        {
            await line.OpenAsync();
            await line.PageAsync("t1", reset: true, live: true);
            await line.EndAsync(Failures.Status(StatusCode.PermissionDenied, new Reason(reason)));
        });
        var pages = new List<string>();

        var error = await Assert.ThrowsAsync<VibeException>(async () =>
        {
            await foreach (var page in vibe.Me.Collection("movies").SubscribeAsync(cancellationToken: Stop))
            {
                pages.Add(page.ResumeToken);
            }
        });

        Assert.Equal(["t1"], pages);
        Assert.Equal(reason, error.Reason!.Value.Value);
        Assert.Equal("3f9c", error.RequestId);
    }

    [Fact]
    public async Task A_resume_token_without_the_form_of_one_begins_anew()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        server
            .Sync.Then(_ => throw Failures.Exception(StatusCode.InvalidArgument, Reason.ResumeTokenInvalid))
            .Then(async line =>
            {
                await line.OpenAsync();
                await line.PageAsync("t1", reset: true, live: true);
                await line.HoldAsync();
            });

        var page = await vibe
            .Me.Collection("movies")
            .SubscribeAsync(new SubscribeOptions { ResumeToken = "nonsense" }, Stop)
            .FirstAsync(Stop);

        Assert.Equal("nonsense", (await server.Sync.NextLineAsync(Stop)).Scope.ResumeToken);
        Assert.Equal("", (await server.Sync.NextLineAsync(Stop)).Scope.ResumeToken);
        Assert.True(page.IsReset);
    }

    [Fact]
    public async Task A_subscription_waits_for_the_clients_own_writes()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        await vibe.Me.Collection("movies").CreateAsync(new JsonObject(), cancellationToken: Stop);
        server.Sync.Then(async line =>
        {
            await line.OpenAsync();
            await line.PageAsync(string.Join(' ', line.Scope.ConsistencyTokens), live: true);
            await line.HoldAsync();
        });

        Assert.Equal(["write-1"], await TokensAsync(vibe, 1));
    }

    [Fact]
    public async Task Twice_the_heartbeat_interval_of_silence_counts_as_cut()
    {
        await using var server = await ScriptedServer.StartAsync();
        var clock = new WatchedClock();
        await using var vibe = server.Client(time: clock);
        server
            .Sync.Then(async line =>
            {
                await line.OpenAsync(heartbeat: TimeSpan.FromSeconds(10));
                await line.PageAsync("t1", reset: true, live: true);
                await line.HoldAsync();
            })
            .Then(async line =>
            {
                await line.OpenAsync();
                await line.PageAsync("t2", live: true);
                await line.HoldAsync();
            });

        await using var pages = vibe
            .Me.Collection("movies")
            .SubscribeAsync(cancellationToken: Stop)
            .GetAsyncEnumerator(Stop);
        var first = pages.MoveNextAsync();
        await clock.PassAsync(wait => wait == Together, server.Sync.NextLineAsync(Stop).AsTask());
        Assert.True(await first);
        var resumed = await clock.PassAsync(
            wait => wait == TimeSpan.FromSeconds(20),
            server.Sync.NextLineAsync(Stop).AsTask()
        );
        Assert.True(await pages.MoveNextAsync());

        Assert.Equal("t1", resumed.Scope.ResumeToken);
        Assert.Equal("t2", pages.Current.ResumeToken);
    }

    [Fact]
    public async Task The_next_stream_stands_before_the_old_one_goes()
    {
        await using var server = await ScriptedServer.StartAsync();
        var clock = new WatchedClock();
        await using var vibe = server.Client(time: clock);
        var oldIsGone = new TaskCompletionSource();
        var oldStood = false;
        server
            .Sync.Then(async line =>
            {
                await line.OpenAsync(heartbeat: TimeSpan.FromHours(1), lifetime: TimeSpan.FromMinutes(10));
                await line.PageAsync("t1", reset: true, live: true);
                await line.HoldAsync();
                oldIsGone.SetResult();
            })
            .Then(async line =>
            {
                oldStood = !oldIsGone.Task.IsCompleted;
                await line.OpenAsync();
                await oldIsGone.Task;
                await line.PageAsync("t2", live: true, changes: Put("a"));
                await line.HoldAsync();
            });

        await using var pages = vibe
            .Me.Collection("movies")
            .SubscribeAsync(cancellationToken: Stop)
            .GetAsyncEnumerator(Stop);
        var first = pages.MoveNextAsync();
        await clock.PassAsync(wait => wait == Together, server.Sync.NextLineAsync(Stop).AsTask());
        Assert.True(await first);
        var began = clock.GetUtcNow();
        var next = await clock.PassAsync(
            wait => wait > TimeSpan.FromMinutes(9),
            server.Sync.NextLineAsync(Stop).AsTask()
        );
        Assert.True(await pages.MoveNextAsync());

        Assert.True(oldStood);
        Assert.Equal("t1", next.Scope.ResumeToken);
        Assert.Equal("t2", pages.Current.ResumeToken);
        Assert.True(clock.GetUtcNow() - began >= TimeSpan.FromMinutes(9));
    }

    [Fact]
    public async Task However_often_the_stream_is_cut_each_page_comes_once_and_in_order()
    {
        const int last = 200;
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        var random = new Random(7);
        for (var i = 0; i < last; i++)
        {
            server.Sync.Then(async line =>
            {
                var cutAt = random.Next(0, 8);
                var code = random.Next(2) == 0 ? StatusCode.Unavailable : StatusCode.Internal;
                for (var sent = 0; ; sent++)
                {
                    if (sent == cutAt)
                    {
                        throw Failures.Bare(code);
                    }

                    if (sent == 0)
                    {
                        await line.OpenAsync();
                    }

                    var next = line.Scope.ResumeToken is "" ? 1 + sent : int.Parse(line.Scope.ResumeToken) + 1 + sent;
                    await line.PageAsync($"{next}", live: true);
                }
            });
        }

        var tokens = await TokensAsync(vibe, last);

        Assert.Equal(Enumerable.Range(1, last).Select(token => $"{token}"), tokens);
    }

    [Fact]
    public async Task A_slow_reader_misses_no_page()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        server
            .Sync.Then(async line =>
            {
                await line.OpenAsync();
                for (var i = 1; i <= 50; i++)
                {
                    await line.PageAsync($"{i}", live: true);
                }

                await line.HoldAsync();
            })
            .OnPull(scope => Task.FromResult(Page($"{int.Parse(scope.ResumeToken) + 1}", live: false)));
        var tokens = new List<string>();

        await foreach (var page in vibe.Me.Collection("movies").SubscribeAsync(cancellationToken: Stop).Take(50))
        {
            tokens.Add(page.ResumeToken);
            await Task.Yield();
        }

        Assert.Equal(Enumerable.Range(1, 50).Select(token => $"{token}"), tokens);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reader_alone_slows_its_stream_down_and_loses_it_only_after_a_while(bool isTooSlow)
    {
        await using var server = await ScriptedServer.StartAsync();
        var clock = new WatchedClock();
        await using var vibe = server.Client(time: clock);
        var isGone = new TaskCompletionSource();
        server
            .Sync.Then(async line =>
            {
                await line.OpenAsync();
                for (var i = 1; i <= 8; i++)
                {
                    await line.PageAsync($"{i}", live: true);
                }

                await line.HoldAsync();
                isGone.TrySetResult();
            })
            .OnPull(scope => Task.FromResult(Page($"{int.Parse(scope.ResumeToken) + 1}", live: false)));
        await using var pages = vibe
            .Me.Collection("movies")
            .SubscribeAsync(cancellationToken: Stop)
            .GetAsyncEnumerator(Stop);
        var first = pages.MoveNextAsync();
        await clock.PassAsync(wait => wait == Together, server.Sync.NextLineAsync(Stop).AsTask());
        Assert.True(await first);
        var tokens = new List<string> { pages.Current.ResumeToken };
        if (isTooSlow)
        {
            await clock.PassAsync(wait => wait == TimeSpan.FromSeconds(1), isGone.Task.ContinueWith(_ => true));
        }

        while (tokens.Count < 8)
        {
            Assert.True(await pages.MoveNextAsync());
            tokens.Add(pages.Current.ResumeToken);
        }

        Assert.Equal(Enumerable.Range(1, 8).Select(token => $"{token}"), tokens);
        Assert.Equal(isTooSlow, !server.Sync.Pulls.IsEmpty);
    }

    [Fact]
    public async Task Leaving_the_loop_ends_the_stream()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        var gone = new TaskCompletionSource();
        server.Sync.Then(async line =>
        {
            await line.OpenAsync();
            await line.PageAsync("t1", reset: true, live: true);
            await line.HoldAsync();
            gone.SetResult();
        });

        await foreach (var _ in vibe.Me.Collection("movies").SubscribeAsync(cancellationToken: Stop))
        {
            break;
        }

        await gone.Task.WaitAsync(Stop);
    }

    [Fact]
    public async Task Cancelling_ends_the_loop_with_cancellation()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        using var cancel = new CancellationTokenSource();
        var pages = vibe
            .Me.Collection("movies")
            .SubscribeAsync(cancellationToken: cancel.Token)
            .GetAsyncEnumerator(Stop);
        var next = pages.MoveNextAsync();
        await server.Sync.NextLineAsync(Stop);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
        await pages.DisposeAsync();
    }

    [Fact]
    public async Task Closing_the_client_ends_the_loop()
    {
        await using var server = await ScriptedServer.StartAsync();
        var vibe = server.Client();
        await using var pages = vibe
            .Me.Collection("movies")
            .SubscribeAsync(cancellationToken: Stop)
            .GetAsyncEnumerator(Stop);
        var next = pages.MoveNextAsync();
        await server.Sync.NextLineAsync(Stop);

        await vibe.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await next);
    }

    private static async Task<List<string>> TokensAsync(VibeClient vibe, int count) =>
        await vibe
            .Me.Collection("movies")
            .SubscribeAsync(cancellationToken: Stop)
            .Take(count)
            .Select(page => page.ResumeToken)
            .ToListAsync(Stop);
}
