using Vibe.Proof.TwoWorlds;

namespace Vibe.Proof.Tests;

public sealed class StageClockTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_timer_is_due_when_it_was_meant_to_be_though_the_clock_has_moved_since_it_was_read(bool isSetAnew)
    {
        var clock = new StageClock(Start);
        var isDue = false;
        var timer = isSetAnew ? Make(Timeout.InfiniteTimeSpan) : null;
        var left = Start + TimeSpan.FromSeconds(10) - clock.GetUtcNow();

        var mover = new Thread(() => clock.SetUtcNow(Start + TimeSpan.FromSeconds(5)));
        mover.Start();
        mover.Join();
        if (timer is null)
            timer = Make(left);
        else
            timer.Change(left, Timeout.InfiniteTimeSpan);

        clock.SetUtcNow(Start + TimeSpan.FromSeconds(10));
        Assert.True(isDue);
        timer.Dispose();

        ITimer Make(TimeSpan due) => clock.CreateTimer(_ => isDue = true, null, due, Timeout.InfiniteTimeSpan);
    }
}
