using System.Text.Json.Nodes;
using Grpc.Core;
using Vibe.Client.Tests.Live;
using Vibe.Client.Tests.Scripted;
using Vibe.Sync.V1;
using Xunit;
using static Vibe.Client.Tests.Scripted.Messages;

namespace Vibe.Client.Tests.Subscriptions;

public sealed class SharedStreamTests : IAsyncLifetime
{
    private readonly WatchedClock _clock = new();
    private readonly TaskCompletionSource _oldIsGone = new();
    private ScriptedServer _server = null!;
    private VibeClient _vibe = null!;

    private static CancellationToken Stop => Patience.Stop;

    public async ValueTask InitializeAsync()
    {
        _server = await ScriptedServer.StartAsync();
        _vibe = _server.Client(time: _clock);
    }

    public async ValueTask DisposeAsync()
    {
        await _vibe.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task What_joins_together_is_followed_by_one_stream()
    {
        _server.Sync.Then(async line =>
        {
            await line.OpenAsync();
            await line.PageOfAsync("a", "a1", live: true, changes: Put("in-a"));
            await line.PageOfAsync("c", "c1", live: true, changes: Put("in-c"));
            await line.PageOfAsync("b", "b1", live: true, changes: Put("in-b"));
            await line.HoldAsync();
        });
        await using var a = Pages("a");
        await using var b = Pages("b");
        await using var c = _vibe.Me.Collection("c").SnapshotsAsync(Stop).GetAsyncEnumerator(Stop);
        var (inA, inB, inC) = (a.NextAsync(), b.NextAsync(), c.NextAsync());

        var line = await NextLineAsync();

        Assert.Equal(["a", "b", "c"], line.Scopes);
        Assert.Equal("in-a", (await inA).Changes.Single().Id);
        Assert.Equal("in-b", (await inB).Changes.Single().Id);
        Assert.Equal("in-c", (await inC).Changes.Single().Id);
        Assert.Equal(0, _server.Sync.LinesLeft);
    }

    [Fact]
    public async Task What_joins_later_has_the_stream_opened_anew_and_nothing_comes_twice_or_is_lost()
    {
        var isAsked = new TaskCompletionSource();
        var oldStood = false;
        _server
            .Sync.Then(async line =>
            {
                await line.OpenAsync();
                await line.PageOfAsync("a", "a1", reset: true, live: true);
                await isAsked.Task;
                await line.PageOfAsync("a", "a2", live: true, changes: Put("meanwhile"));
                await line.HoldAsync();
                _oldIsGone.SetResult();
            })
            .Then(async line =>
            {
                isAsked.SetResult();
                oldStood = !_oldIsGone.Task.IsCompleted;
                await line.OpenAsync();
                await _oldIsGone.Task;
                await line.PageOfAsync("a", "a2", live: true, changes: Put("meanwhile"));
                await line.PageOfAsync("b", "b1", reset: true, live: true);
                await line.PageOfAsync("a", "a3", live: true, changes: Put("after"));
                await line.HoldAsync();
            });
        await using var a = Pages("a");
        await using var b = Pages("b");

        var inA = a.NextAsync();
        Assert.Equal(["a"], (await NextLineAsync()).Scopes);
        var first = await inA;
        var inB = b.NextAsync();
        Assert.Equal(["a a1", "b"], (await NextLineAsync()).Scopes);
        var other = await inB;
        ChangePage<JsonObject>[] rest = [await a.NextAsync(), await a.NextAsync()];

        Assert.True(oldStood);
        Assert.Equal("b1", other.ResumeToken);
        Assert.Equal(["a1", "a2", "a3"], rest.Prepend(first).Select(page => page.ResumeToken));
    }

    [Fact]
    public async Task That_a_scope_goes_on_where_it_stood_is_no_news_to_its_reader()
    {
        _server
            .Sync.Then(async line =>
            {
                await line.OpenAsync();
                await line.PageOfAsync("a", "a1", reset: true, live: true);
                await line.HoldAsync();
            })
            .Then(async line =>
            {
                await line.OpenAsync();
                await line.PageOfAsync("a", "a2", live: true);
                await line.PageOfAsync("a", "a3", live: true, changes: Put("x"));
                await line.HoldAsync();
            });
        await using var a = Pages("a");
        await using var b = Pages("b");

        var inA = a.NextAsync();
        await NextLineAsync();
        await inA;
        var unread = b.MoveNextAsync();
        await NextLineAsync();
        var next = await a.NextAsync();

        Assert.Equal("a3", next.ResumeToken);
        Assert.False(unread.IsCompleted);
        await _vibe.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await unread);
    }

    [Fact]
    public async Task What_leaves_is_not_asked_for_again_and_disturbs_nobody()
    {
        var hasLeft = new TaskCompletionSource();
        _server
            .Sync.Then(async line =>
            {
                await line.OpenAsync();
                await line.PageOfAsync("a", "a1", live: true);
                await line.PageOfAsync("b", "b1", live: true);
                await hasLeft.Task;
                await line.PageOfAsync("a", "a2", live: true, changes: Put("x"));
                throw Failures.Bare(StatusCode.Unavailable);
            })
            .Then(async line =>
            {
                await line.OpenAsync();
                await line.PageOfAsync("a", "a3", live: true);
                await line.HoldAsync();
            });
        await using var a = Pages("a");
        await using (var b = Pages("b"))
        {
            var (inA, inB) = (a.NextAsync(), b.NextAsync());
            Assert.Equal(["a", "b"], (await NextLineAsync()).Scopes);
            await inA;
            await inB;
        }

        hasLeft.SetResult();
        Assert.Equal("a2", (await a.NextAsync()).ResumeToken);
        Assert.Equal("a3", (await a.NextAsync()).ResumeToken);
        Assert.Equal(["a a2"], (await NextLineAsync()).Scopes);
    }

    [Fact]
    public async Task Pages_that_nobody_wants_any_more_have_the_stream_opened_anew()
    {
        var hasLeft = new TaskCompletionSource();
        _server.Sync.Then(async line =>
        {
            await line.OpenAsync();
            await line.PageOfAsync("a", "a1", live: true);
            await line.PageOfAsync("b", "b1", live: true);
            await hasLeft.Task;
            await line.PageOfAsync("b", "b2", live: true, changes: Put("x"));
            await line.HoldAsync();
        });
        await using var a = Pages("a");
        await using (var b = Pages("b"))
        {
            var (inA, inB) = (a.NextAsync(), b.NextAsync());
            Assert.Equal(["a", "b"], (await NextLineAsync()).Scopes);
            await inA;
            await inB;
        }

        hasLeft.SetResult();

        Assert.Equal(["a a1"], (await NextLineAsync()).Scopes);
    }

    [Fact]
    public async Task A_reader_that_stalls_holds_up_nobody_catches_up_by_itself_and_joins_again()
    {
        var hasFirst = new TaskCompletionSource();
        _server
            .Sync.Then(async line =>
            {
                await line.OpenAsync();
                await line.PageOfAsync("slow", "s1", live: true, changes: Put("1"));
                await hasFirst.Task;
                for (var i = 2; i <= 6; i++)
                {
                    await line.PageOfAsync("slow", $"s{i}", live: true, changes: Put($"{i}"));
                }

                await line.PageOfAsync("quick", "q1", live: true, changes: Put("x"));
                await line.HoldAsync();
                _oldIsGone.SetResult();
            })
            .Then(async line =>
            {
                await line.OpenAsync();
                await _oldIsGone.Task;
                await line.PageOfAsync("slow", "s8", live: true, changes: Put("8"));
                await line.PageOfAsync("quick", "q2", live: true, changes: Put("x"));
                await line.HoldAsync();
            })
            .OnPull(scope =>
                Task.FromResult(
                    scope.ResumeToken switch
                    {
                        "s5" => Page("s6", live: false, changes: Put("6")),
                        "s6" => Page("s7", live: true, changes: Put("7")),
                        _ => throw Failures.Bare(StatusCode.InvalidArgument),
                    }
                )
            );
        await using var slow = Pages("slow");
        await using var quick = Pages("quick");
        var (first, other) = (slow.NextAsync(), quick.NextAsync());
        Assert.Equal(["quick", "slow"], (await NextLineAsync()).Scopes);
        var tokens = new List<string> { (await first).ResumeToken };
        hasFirst.SetResult();

        Assert.Equal("q1", (await other).ResumeToken);
        while (tokens.Count < 7)
        {
            tokens.Add((await slow.NextAsync()).ResumeToken);
        }

        Assert.Equal(["quick q1", "slow s7"], (await NextLineAsync()).Scopes);
        tokens.Add((await slow.NextAsync()).ResumeToken);
        Assert.Equal(Enumerable.Range(1, 8).Select(i => $"s{i}"), tokens);
        Assert.Equal("q2", (await quick.NextAsync()).ResumeToken);
        Assert.Equal(["s5", "s6"], _server.Sync.Pulls.Select(scope => scope.ResumeToken));
    }

    [Fact]
    public async Task A_scope_that_ends_ends_alone()
    {
        _server.Sync.Then(async line =>
        {
            await line.OpenAsync();
            await line.PageOfAsync("a", "a1", live: true);
            await line.EndScopeAsync("a", Failures.Status(StatusCode.PermissionDenied, Reason.NotGranted));
            await line.PageOfAsync("b", "b1", live: true);
            await line.HoldAsync();
        });
        await using var a = Pages("a");
        await using var b = Pages("b");
        var (inA, inB) = (a.NextAsync(), b.NextAsync());
        await NextLineAsync();
        await inA;

        Assert.Equal(Reason.NotGranted, (await a.EndAsync()).Reason);
        Assert.Equal("b1", (await inB).ResumeToken);
        Assert.Equal(0, _server.Sync.LinesLeft);
    }

    [Fact]
    public async Task A_scope_that_ends_for_a_while_comes_back_alone()
    {
        var busy = Failures.Status(StatusCode.Unavailable, Reason.StorageUnavailable);
        _server
            .Sync.Then(async line =>
            {
                await line.OpenAsync();
                await line.PageOfAsync("a", "a1", live: true);
                await line.EndScopeAsync("a", busy);
                await line.PageOfAsync("b", "b1", live: true);
                await line.HoldAsync();
            })
            .OnPull(_ => Task.FromResult(Page("a2", live: true, changes: Put("x"))));
        await using var a = Pages("a");
        await using var b = Pages("b");
        var (inA, inB) = (a.NextAsync(), b.NextAsync());
        await NextLineAsync();

        Assert.Equal("a1", (await inA).ResumeToken);
        Assert.Equal("a2", (await a.NextAsync()).ResumeToken);
        Assert.Equal("b1", (await inB).ResumeToken);
        Assert.Equal("a1", _server.Sync.Pulls.Single().ResumeToken);
        Assert.Equal(["a a2", "b b1"], (await NextLineAsync()).Scopes);
    }

    [Fact]
    public async Task Views_of_one_collection_are_one_scope()
    {
        _server.Sync.Then(async line =>
        {
            await line.OpenAsync();
            await line.PageAsync("a1", reset: true, live: true, Put("x"), Put("y"));
            await line.HoldAsync();
        });
        await using var one = _vibe.Me.Collection("a").SnapshotsAsync(Stop).GetAsyncEnumerator(Stop);
        await using var two = _vibe.Me.Collection<Movie>("a").SnapshotsAsync(Stop).GetAsyncEnumerator(Stop);

        var inOne = one.NextAsync();
        Assert.Single((await NextLineAsync()).Scopes);
        var first = await inOne;
        var second = await two.NextAsync();

        Assert.Equal(first.Documents.Keys, second.Documents.Keys);
        Assert.Equal(["x", "y"], second.Changes.Select(change => change.Id));
        Assert.True(second.IsLive);
        Assert.Equal(0, _server.Sync.LinesLeft);
    }

    [Fact]
    public async Task A_view_that_joins_another_holds_the_clients_own_writes()
    {
        var isAsked = new TaskCompletionSource();
        _server
            .Sync.Then(async line =>
            {
                await line.OpenAsync();
                await line.PageAsync("a1", reset: true, live: true, Put("x"));
                await isAsked.Task;
                await line.PageAsync("a2", live: true, changes: Put("y"));
                await line.HoldAsync();
                _oldIsGone.SetResult();
            })
            .Then(async line =>
            {
                isAsked.SetResult();
                await line.OpenAsync();
                await _oldIsGone.Task;
                await line.PageAsync("a3", live: true, changes: Put("written"));
                await line.HoldAsync();
            });
        await using var one = _vibe.Me.Collection("a").SnapshotsAsync(Stop).GetAsyncEnumerator(Stop);
        await using var two = _vibe.Me.Collection("a").SnapshotsAsync(Stop).GetAsyncEnumerator(Stop);
        var inOne = one.NextAsync();
        await NextLineAsync();
        await inOne;

        await _vibe.Me.Collection("a").Document("written").CreateAsync([], cancellationToken: Stop);
        var inTwo = two.NextAsync();
        Assert.Equal(["write-1"], (await NextLineAsync()).Scope.ConsistencyTokens);
        var second = await inTwo;

        Assert.Equal(["written", "x"], second.Documents.Keys);
        Assert.Equal(["written"], (await one.NextAsync()).Changes.Select(change => change.Id));
    }

    [Fact]
    public async Task The_last_reader_of_a_view_ends_its_scope()
    {
        _server.Sync.Then(async line =>
        {
            await line.OpenAsync();
            await line.PageAsync("a1", reset: true, live: true, Put("x"));
            await line.HoldAsync();
            _oldIsGone.SetResult();
        });
        await using (var one = _vibe.Me.Collection("a").SnapshotsAsync(Stop).GetAsyncEnumerator(Stop))
        {
            await using (var two = _vibe.Me.Collection("a").SnapshotsAsync(Stop).GetAsyncEnumerator(Stop))
            {
                var (inOne, inTwo) = (one.NextAsync(), two.NextAsync());
                await NextLineAsync();
                await Task.WhenAll(inOne, inTwo);
            }

            Assert.False(_oldIsGone.Task.IsCompleted);
        }

        await _oldIsGone.Task.WaitAsync(Stop);
    }

    [Fact]
    public async Task After_a_cut_all_scopes_resume_together_and_all_readers_hear_of_it()
    {
        var haveSeen = new SemaphoreSlim(0);
        _server
            .Sync.Then(async line =>
            {
                await line.OpenAsync();
                await line.PageOfAsync("a", "a1", reset: true, live: true);
                await line.PageOfAsync("b", "b1", reset: true, live: true);
                await line.PageOfAsync("c", "c1", reset: true, live: true);
                await haveSeen.WaitAsync(Stop);
                throw Failures.Bare(StatusCode.Unavailable);
            })
            .Then(_ => throw Failures.Exception(StatusCode.Unavailable, Reason.StorageUnavailable))
            .Then(async line =>
            {
                await haveSeen.WaitAsync(Stop);
                await line.OpenAsync();
                await line.PageOfAsync("b", "b2", live: true);
                await line.PageOfAsync("a", "a2", live: true);
                await line.PageOfAsync("c", "c2", live: true);
                await line.HoldAsync();
            });
        await using var a = _vibe.Me.Collection("a").SnapshotsAsync(Stop).GetAsyncEnumerator(Stop);
        await using var b = _vibe.Me.Collection("b").SnapshotsAsync(Stop).GetAsyncEnumerator(Stop);
        await using var c = Pages("c");
        var (inA, inB, inC) = (a.NextAsync(), b.NextAsync(), c.NextAsync());
        Assert.Equal(["a", "b", "c"], (await NextLineAsync()).Scopes);
        await Task.WhenAll(inA, inB, inC);
        haveSeen.Release();

        CollectionSnapshot<JsonObject>[] away = [await a.NextAsync(), await b.NextAsync()];
        haveSeen.Release();
        CollectionSnapshot<JsonObject>[] back = [await a.NextAsync(), await b.NextAsync()];

        Assert.All(away, view => Assert.Equal(Reason.StorageUnavailable, view.Error!.Reason));
        Assert.All(back, view => Assert.True(view.IsLive));
        Assert.Equal("c2", (await c.NextAsync()).ResumeToken);
        Assert.Equal(["a a1", "b b1", "c c1"], (await NextLineAsync()).Scopes);
        Assert.Equal(["a a1", "b b1", "c c1"], (await NextLineAsync()).Scopes);
        Assert.Equal(0, _server.Sync.LinesLeft);
    }

    [Fact]
    public async Task A_heartbeat_moves_the_place_of_the_scope_that_it_names()
    {
        _server.Sync.Then(async line =>
        {
            await line.OpenAsync();
            await line.PageOfAsync("a", "a1", live: true);
            await line.PageOfAsync("b", "b1", live: true);
            await line.HeartbeatOfAsync("b", "b2");
            throw Failures.Bare(StatusCode.Unavailable);
        });
        await using var a = Pages("a");
        await using var b = Pages("b");
        var (inA, inB) = (a.NextAsync(), b.NextAsync());
        await NextLineAsync();
        await Task.WhenAll(inA, inB);

        Assert.Equal(["a a1", "b b2"], (await NextLineAsync()).Scopes);
    }

    [Fact]
    public async Task An_expired_token_is_renewed_for_all_at_once()
    {
        var count = 0;
        await using var vibe = _server.Client(
            TokenSource.From(_ => Task.FromResult<AccessToken?>($"token-{Interlocked.Increment(ref count)}")),
            _clock
        );
        _server.Sync.Then(async line =>
        {
            await line.OpenAsync();
            await line.PageOfAsync("a", "a1", live: true);
            await line.PageOfAsync("b", "b1", live: true);
            await line.EndAsync(Failures.Status(StatusCode.Unauthenticated, Reason.AccessTokenExpired));
        });
        await using var a = Pages("a", vibe);
        await using var b = Pages("b", vibe);
        var (inA, inB) = (a.NextAsync(), b.NextAsync());
        await NextLineAsync();
        await Task.WhenAll(inA, inB);

        var next = await NextLineAsync();

        Assert.Equal("Bearer token-2", next.Authorization);
        Assert.Equal(["a a1", "b b1"], next.Scopes);
        Assert.Equal(2, count);
    }

    [Fact]
    public async Task A_grant_that_ends_ends_all()
    {
        _server.Sync.Then(async line =>
        {
            await line.OpenAsync();
            await line.PageOfAsync("a", "a1", live: true);
            await line.PageOfAsync("b", "b1", live: true);
            await line.EndAsync(Failures.Status(StatusCode.PermissionDenied, Reason.GrantRevoked));
        });
        await using var a = Pages("a");
        await using var b = _vibe.Me.Collection("b").SnapshotsAsync(Stop).GetAsyncEnumerator(Stop);
        var (inA, inB) = (a.NextAsync(), b.NextAsync());
        await NextLineAsync();
        await Task.WhenAll(inA, inB);

        Assert.Equal(Reason.GrantRevoked, (await a.EndAsync()).Reason);
        Assert.Equal(Reason.GrantRevoked, (await b.EndAsync()).Reason);
    }

    [Fact]
    public async Task A_resume_token_that_is_none_begins_anew_alone()
    {
        _server.Sync.Then(line =>
            throw Failures.Exception(
                StatusCode.InvalidArgument,
                Reason.ResumeTokenInvalid,
                metadata: ("scope", $"{line.PlaceOf("b")}")
            )
        );
        await using var a = Pages("a", token: "a0");
        await using var b = Pages("b", token: "nonsense");
        var (inA, inB) = (a.MoveNextAsync(), b.MoveNextAsync());

        Assert.Equal(["a a0", "b nonsense"], (await NextLineAsync()).Scopes);
        Assert.Equal(["a a0", "b"], (await NextLineAsync()).Scopes);
        await _vibe.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await inA);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await inB);
    }

    [Fact]
    public async Task Where_all_are_refused_together_each_is_told_its_own_reason()
    {
        _server
            .Sync.Then(_ => throw Failures.Exception(StatusCode.PermissionDenied, Reason.NotGranted))
            .Then(async line =>
            {
                await line.OpenAsync();
                await line.PageOfAsync("c", "c2", live: true, changes: Put("x"));
                await line.HoldAsync();
            })
            .OnPull(scope =>
                scope.Collection.Split('/')[^1] switch
                {
                    "a" => throw Failures.Exception(StatusCode.PermissionDenied, Reason.NotGranted),
                    "b" => throw Failures.Exception(StatusCode.PermissionDenied, Reason.GrantExpired),
                    _ => Task.FromResult(Page("c1", reset: true, live: true)),
                }
            );
        await using var a = Pages("a");
        await using var b = Pages("b");
        await using var c = Pages("c");
        var (inA, inB, inC) = (a.EndAsync(), b.EndAsync(), c.NextAsync());
        await NextLineAsync();

        Assert.Equal(Reason.NotGranted, (await inA).Reason);
        Assert.Equal(Reason.GrantExpired, (await inB).Reason);
        Assert.Equal("c1", (await inC).ResumeToken);
        Assert.Equal(["c c1"], (await NextLineAsync()).Scopes);
        Assert.Equal("c2", (await c.NextAsync()).ResumeToken);
        Assert.Equal(3, _server.Sync.Pulls.Count);
    }

    [Fact]
    public async Task Whoever_spoils_the_next_stream_is_sought_among_those_who_join()
    {
        var hasEnded = new TaskCompletionSource();
        _server
            .Sync.Then(async line =>
            {
                await line.OpenAsync();
                await line.PageOfAsync("a", "a1", reset: true, live: true);
                await hasEnded.Task;
                await line.PageOfAsync("a", "a2", live: true, changes: Put("x"));
                await line.HoldAsync();
            })
            .Then(_ => throw Failures.Exception(StatusCode.InvalidArgument, Reason.ConsistencyTokenInvalid))
            .OnPull(_ => throw Failures.Exception(StatusCode.InvalidArgument, Reason.ConsistencyTokenInvalid));
        await using var a = Pages("a");
        await using var b = Pages("b");
        var inA = a.NextAsync();
        await NextLineAsync();
        await inA;
        var inB = b.EndAsync();
        await NextLineAsync();

        Assert.Equal(Reason.ConsistencyTokenInvalid, (await inB).Reason);
        hasEnded.SetResult();
        Assert.Equal("a2", (await a.NextAsync()).ResumeToken);
        Assert.EndsWith("/b", _server.Sync.Pulls.Single().Collection);
        Assert.Equal(0, _server.Sync.LinesLeft);
    }

    [Fact]
    public async Task A_failure_that_stays_after_each_was_asked_alone_ends_all()
    {
        _server
            .Sync.Then(_ => throw Failures.Bare(StatusCode.Unimplemented))
            .Then(_ => throw Failures.Bare(StatusCode.Unimplemented))
            .Then(_ => throw Failures.Bare(StatusCode.Unimplemented))
            .OnPull(_ => Task.FromResult(Page("t1", reset: true, live: true)));
        await using var a = Pages("a");
        await using var b = Pages("b");
        var (inA, inB) = (a.EndAsync(), b.EndAsync());
        await NextLineAsync();
        await NextLineAsync();

        Assert.Equal(StatusCode.Unimplemented, (await inA).Code);
        Assert.Equal(StatusCode.Unimplemented, (await inB).Code);
    }

    [Fact]
    public async Task A_stream_that_cannot_be_replaced_yet_goes_on()
    {
        var hasFailed = new TaskCompletionSource();
        _server
            .Sync.Then(async line =>
            {
                await line.OpenAsync();
                await line.PageOfAsync("a", "a1", reset: true, live: true);
                await hasFailed.Task;
                await line.PageOfAsync("a", "a2", live: true, changes: Put("x"));
                await line.HoldAsync();
            })
            .Then(_ =>
            {
                hasFailed.SetResult();
                throw Failures.Exception(
                    StatusCode.Unavailable,
                    Reason.StorageUnavailable,
                    TimeSpan.FromMilliseconds(200)
                );
            })
            .Then(async line =>
            {
                await line.OpenAsync();
                await line.PageOfAsync("b", "b1", live: true);
                await line.HoldAsync();
            });
        await using var a = _vibe.Me.Collection("a").SnapshotsAsync(Stop).GetAsyncEnumerator(Stop);
        await using var b = Pages("b");
        var inA = a.NextAsync();
        await NextLineAsync();
        await inA;
        var inB = b.NextAsync();
        Assert.Equal(["a a1", "b"], (await NextLineAsync()).Scopes);

        var view = await a.NextAsync();

        Assert.True(view.IsLive);
        Assert.Equal("x", view.Changes.Single().Id);
        Assert.Equal(["a a2", "b"], (await NextLineAsync()).Scopes);
        Assert.Equal("b1", (await inB).ResumeToken);
    }

    [Fact]
    public async Task A_scope_that_takes_long_to_join_comes_up_by_itself_and_holds_up_nobody()
    {
        _server
            .Sync.Then(async line =>
            {
                await line.OpenAsync();
                await line.PageOfAsync("a", "a1", reset: true, live: true);
                await line.HoldAsync();
            })
            .Then(line => line.HoldAsync())
            .OnPull(_ => Task.FromResult(Page("b1", reset: true, live: true)));
        await using var a = Pages("a");
        await using var b = Pages("b");
        var inA = a.NextAsync();
        await NextLineAsync();
        await inA;

        var inB = b.NextAsync();
        await NextLineAsync();
        var passed = 0;
        var page = await _clock.PassAsync(wait => wait == TimeSpan.FromSeconds(2) && passed++ == 0, inB);
        var unread = b.MoveNextAsync();
        var last = await NextLineAsync();
        while (!last.Scopes.Contains("b b1"))
        {
            last = await NextLineAsync();
        }

        Assert.Equal("b1", page.ResumeToken);
        Assert.Equal(["a a1", "b b1"], last.Scopes);
        await _vibe.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await unread);
    }

    [Fact]
    public async Task A_stream_in_the_last_place_makes_room_for_the_next()
    {
        _server
            .Sync.Then(async line =>
            {
                await line.OpenAsync();
                await line.PageOfAsync("a", "a1", reset: true, live: true);
                await line.HoldAsync();
                _oldIsGone.SetResult();
            })
            .Then(_ =>
                throw Failures.Exception(StatusCode.ResourceExhausted, Reason.TooManyStreams, TimeSpan.FromHours(1))
            )
            .Then(async line =>
            {
                await _oldIsGone.Task;
                await line.OpenAsync();
                await line.PageOfAsync("b", "b1", live: true);
                await line.HoldAsync();
            });
        await using var a = Pages("a");
        await using var b = Pages("b");

        var inA = a.NextAsync();
        await NextLineAsync();
        await inA;
        var inB = b.NextAsync();
        await NextLineAsync();

        Assert.Equal("b1", (await inB).ResumeToken);
    }

    [Fact]
    public async Task What_does_not_fit_into_one_stream_has_a_second()
    {
        var readers = Enumerable.Range(0, 257).Select(i => Pages($"c{i:000}")).ToArray();
        var unread = Array.ConvertAll(readers, reader => reader.MoveNextAsync().AsTask());

        var first = await NextLineAsync();
        var second = await NextLineAsync();

        Assert.Equal([1, 256], new[] { first.Scopes.Count(), second.Scopes.Count() }.Order());
        Assert.Equal(257, first.Scopes.Concat(second.Scopes).Distinct().Count());
        await _vibe.DisposeAsync();
        foreach (var next in unread)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(() => next);
        }
    }

    /// <summary>The next stream, once what joins has waited for others that join with it.</summary>
    private Task<ScriptedLine> NextLineAsync() =>
        _clock.PassAsync(
            wait => wait > TimeSpan.Zero && wait < TimeSpan.FromSeconds(1),
            _server.Sync.NextLineAsync(Stop).AsTask()
        );

    private IAsyncEnumerator<ChangePage<JsonObject>> Pages(
        string collection,
        VibeClient? vibe = null,
        string? token = null
    ) =>
        (vibe ?? _vibe)
            .Me.Collection(collection)
            .SubscribeAsync(new SubscribeOptions { ResumeToken = token }, Stop)
            .GetAsyncEnumerator(Stop);
}
