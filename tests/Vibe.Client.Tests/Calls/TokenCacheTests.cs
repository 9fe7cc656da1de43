using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using Vibe.Client.Calls;
using Vibe.Client.Tests.Scripted;
using Xunit;

namespace Vibe.Client.Tests.Calls;

public sealed class TokenCacheTests
{
    private readonly FakeTimeProvider _clock = new();
    private int _asked;

    private static CancellationToken Stop => Patience.Stop;

    [Fact]
    public async Task The_source_is_asked_once_by_many_at_the_same_time()
    {
        var answer = new TaskCompletionSource<AccessToken?>();
        var cache = Cache(_ => answer.Task);

        var waiting = Enumerable.Range(0, 10).Select(_ => cache.GetAsync(Stop)).ToArray();
        answer.SetResult("t");
        await Task.WhenAll(waiting);

        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task A_token_is_renewed_one_minute_before_its_end()
    {
        var cache = Cache(_ =>
            Task.FromResult<AccessToken?>(new AccessToken($"t{_asked}", _clock.GetUtcNow().AddMinutes(15)))
        );
        await cache.GetAsync(Stop);

        _clock.Advance(TimeSpan.FromMinutes(13.9));
        Assert.Equal("t1", (await cache.GetAsync(Stop)).Value);
        _clock.Advance(TimeSpan.FromMinutes(0.2));
        Assert.Equal("t2", (await cache.GetAsync(Stop)).Value);
    }

    [Fact]
    public async Task A_short_lived_token_is_not_asked_for_at_every_call()
    {
        var cache = Cache(_ =>
            Task.FromResult<AccessToken?>(new AccessToken($"t{_asked}", _clock.GetUtcNow().AddSeconds(40)))
        );

        await cache.GetAsync(Stop);
        await cache.GetAsync(Stop);
        Assert.Equal(1, _asked);
        _clock.Advance(TimeSpan.FromSeconds(21));
        await cache.GetAsync(Stop);
        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task A_token_that_still_stands_is_used_while_the_source_fails()
    {
        var cache = Cache(_ =>
            _asked == 1
                ? Task.FromResult<AccessToken?>(new AccessToken("t1", _clock.GetUtcNow().AddMinutes(15)))
                : throw new InvalidOperationException("No network.")
        );
        await cache.GetAsync(Stop);

        _clock.Advance(TimeSpan.FromMinutes(14.5));
        Assert.Equal("t1", (await cache.GetAsync(Stop)).Value);
        _clock.Advance(TimeSpan.FromMinutes(1));
        var error = await Assert.ThrowsAsync<VibeException>(() => cache.GetAsync(Stop));
        Assert.Equal(StatusCode.Unavailable, error.Code);
        Assert.IsType<InvalidOperationException>(error.InnerException);
    }

    [Fact]
    public async Task The_source_has_thirty_seconds()
    {
        var began = new TaskCompletionSource();
        var cache = Cache(async _ =>
        {
            began.SetResult();
            await Task.Delay(Timeout.Infinite, Stop);
            return null;
        });
        var waiting = cache.GetAsync(Stop);
        await began.Task;

        _clock.Advance(TimeSpan.FromSeconds(30));

        var error = await Assert.ThrowsAsync<VibeException>(() => waiting);
        Assert.Equal(StatusCode.Unavailable, error.Code);
    }

    [Fact]
    public async Task No_token_means_signed_out()
    {
        var cache = Cache(_ => Task.FromResult<AccessToken?>(null));

        var error = await Assert.ThrowsAsync<VibeException>(() => cache.GetAsync(Stop));

        Assert.Equal(StatusCode.Unauthenticated, error.Code);
    }

    [Fact]
    public async Task A_refusal_is_answered_by_the_next_token_and_asked_for_once()
    {
        var cache = Cache(_ => Task.FromResult<AccessToken?>($"t{_asked}"));
        var first = await cache.GetAsync(Stop);

        var second = await cache.AfterRefusalAsync(first, Stop);
        var again = await cache.AfterRefusalAsync(first, Stop);

        Assert.Equal("t2", second!.Value);
        Assert.Same(second, again);
        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task The_same_token_after_a_refusal_is_none()
    {
        var cache = Cache(_ => Task.FromResult<AccessToken?>("t"));

        Assert.Null(await cache.AfterRefusalAsync(await cache.GetAsync(Stop), Stop));
    }

    [Fact]
    public async Task A_caller_that_gives_up_does_not_end_the_question_for_others()
    {
        var answer = new TaskCompletionSource<AccessToken?>();
        var cache = Cache(_ => answer.Task);
        using var cancel = new CancellationTokenSource();
        var first = cache.GetAsync(cancel.Token);
        var second = cache.GetAsync(Stop);

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        answer.SetResult("t");

        Assert.Equal("t", (await second).Value);
    }

    [Fact]
    public void A_token_never_prints_its_value() => Assert.Equal("AccessToken", new AccessToken("secret").ToString());

    private TokenCache Cache(Func<CancellationToken, Task<AccessToken?>> fetch) =>
        new(
            TokenSource.From(stop =>
            {
                Interlocked.Increment(ref _asked);
                return fetch(stop);
            }),
            _clock
        );
}
