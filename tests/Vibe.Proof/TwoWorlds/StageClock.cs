using Microsoft.Extensions.Time.Testing;

namespace Vibe.Proof.TwoWorlds;

/// <summary>
/// A clock that stands still until a pair moves it. A timer is due when its maker meant it to be, counted from what the
/// maker read last, also where the clock has moved between reading and asking.
/// </summary>
internal sealed class StageClock(DateTimeOffset start) : FakeTimeProvider(start)
{
    // Whoever asks for a timer until a moment has just read the clock, on the same thread.
    [ThreadStatic]
    private static (StageClock? Clock, DateTimeOffset At) _read;

    public override DateTimeOffset GetUtcNow()
    {
        _read = (this, base.GetUtcNow());
        return _read.At;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime <= TimeSpan.Zero || _read.Clock != this)
            return base.CreateTimer(callback, state, dueTime, period);
        var due = _read.At + dueTime;
        var timer = base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        DateTimeOffset now;
        do
        {
            now = base.GetUtcNow();
            timer.Change(due > now ? due - now : TimeSpan.Zero, period);
            // The clock may have moved before the timer counted from it; then it would come too late.
        } while (base.GetUtcNow() != now);
        return timer;
    }
}
