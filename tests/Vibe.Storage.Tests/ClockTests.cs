using Microsoft.Extensions.Time.Testing;

namespace Vibe.Storage.Tests;

/// <summary>How a server's clock follows its database's.</summary>
public sealed class ClockTests
{
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    [Theory]
    [InlineData(80, 2, 60)]
    [InlineData(2, 80, 60)]
    public async Task The_quickest_answer_counts_and_is_half_as_old_as_it_took(params int[] milliseconds)
    {
        var clock = new Clock(_time);
        var questions = 0;

        await clock.FollowAsync(() =>
        {
            var took = TimeSpan.FromMilliseconds(milliseconds[questions++ % milliseconds.Length]);
            // The way to the database is short, and the way back takes all of the time.
            var told = _time.GetUtcNow() + Ahead;
            _time.Advance(took);
            return Task.FromResult(told);
        });

        var error = _time.GetUtcNow() + Ahead - clock.Now;
        Assert.InRange(error, TimeSpan.Zero, TimeSpan.FromMilliseconds(2));
    }
}
