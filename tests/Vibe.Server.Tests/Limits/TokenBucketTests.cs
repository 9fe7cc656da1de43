using Microsoft.Extensions.Time.Testing;
using Vibe.Hosting.Rates;

namespace Vibe.Server.Tests.Limits;

public sealed class TokenBucketTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_bucket_lets_in_what_it_holds_and_says_exactly_when_there_is_a_token_again()
    {
        var buckets = new TokenBuckets<string>(4, Second, _time);
        Assert.Equal([3, 2, 1, 0], Enumerable.Range(0, 4).Select(_ => buckets.Take("a").Left));

        _time.Advance(Second / 10);
        var refused = buckets.Take("a");
        Assert.Equal(new Standing(false, Second * 0.15, 0, Second * 0.9), refused);
        Assert.True(buckets.Take("b").IsIn);

        _time.Advance(refused.Wait - TimeSpan.FromTicks(1));
        Assert.False(buckets.Take("a").IsIn);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.True(buckets.Take("a").IsIn);
        Assert.False(buckets.Take("a").IsIn);
    }

    [Fact]
    public void Each_that_is_refused_is_told_a_turn_of_its_own_within_a_window()
    {
        var buckets = new TokenBuckets<string>(4, Second, _time);
        for (var count = 0; count < 4; count++)
            buckets.Take("a");
        Assert.Equal(
            [0.25, 0.5, 0.75, 1, 0.25],
            Enumerable.Range(0, 5).Select(_ => buckets.Take("a").Wait.TotalSeconds)
        );

        _time.Advance(Second / 4);
        Assert.True(buckets.Take("a").IsIn);
        Assert.Equal([0.25, 0.5], Enumerable.Range(0, 2).Select(_ => buckets.Take("a").Wait.TotalSeconds));
    }

    [Fact]
    public void A_rest_fills_a_bucket_and_no_more_than_that()
    {
        var buckets = new TokenBuckets<string>(2, 5 * Second, _time);
        Assert.Equal(10, buckets.Size);
        for (var rest = 0; rest < 3; rest++)
        {
            Assert.Equal(10, Enumerable.Range(0, 20).Count(_ => buckets.Take("a").IsIn));
            _time.Advance(Second * 1000);
        }
    }

    [Fact]
    public void What_is_given_back_was_never_taken()
    {
        var buckets = new TokenBuckets<string>(1, Second, _time);
        for (var count = 0; count < 100; count++)
        {
            Assert.True(buckets.Take("a").IsIn);
            buckets.GiveBack("a");
        }
        buckets.GiveBack("nobody");
        Assert.True(buckets.Take("a").IsIn);
        Assert.False(buckets.Take("a").IsIn);
    }

    [Fact]
    public void Full_buckets_are_forgotten_and_the_others_are_not()
    {
        var buckets = new TokenBuckets<int>(1, 5 * Second, _time);
        for (var name = 0; name < 1000; name++)
            buckets.Take(name);
        for (var count = 0; count < 5; count++)
            buckets.Take(0);
        Assert.Equal(1000, buckets.Names);

        _time.Advance(2 * Second);
        buckets.Take(1001);

        Assert.Equal(2, buckets.Names);
        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(_ => buckets.Take(0).IsIn));
    }

    [Fact]
    public void Made_up_names_fill_no_memory_and_take_nothing_from_those_that_are_known()
    {
        var buckets = new TokenBuckets<int>(1, 2 * Second, _time, most: 10);
        buckets.Take(0);
        var madeUp = Enumerable.Range(1, 10_000).Count(name => buckets.Take(name).IsIn);

        Assert.Equal(10, buckets.Names);
        Assert.Equal(9 + 2, madeUp);
        Assert.True(buckets.Take(0).IsIn);
    }

    [Fact]
    public async Task Many_at_once_get_no_more_than_there_is_and_no_less()
    {
        const int size = 20_000;
        const int callers = 8;
        var buckets = new TokenBuckets<int>(size, Second, _time);
        var isIn = 0;
        await Task.WhenAll(
            Enumerable
                .Range(0, callers)
                .Select(_ =>
                    Task.Run(() =>
                    {
                        for (var count = 0; count < size; count++)
                            if (buckets.Take(0).IsIn)
                                Interlocked.Increment(ref isIn);
                    })
                )
        );
        Assert.Equal(size, isIn);
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7", true)]
    [InlineData("203.0.113.7", "203.0.113.8", false)]
    [InlineData("203.0.113.7", "::ffff:203.0.113.7", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:2::1", false)]
    [InlineData("::1", "0.0.0.0", false)]
    public void Addresses_that_one_host_may_choose_from_are_one(string one, string other, bool isOne) =>
        Assert.Equal(
            isOne,
            Network.Of(System.Net.IPAddress.Parse(one)) == Network.Of(System.Net.IPAddress.Parse(other))
        );
}
