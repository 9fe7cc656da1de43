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
        var timer = new StageTimer(
            this,
            base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan)
        );
        timer.Change(dueTime, period);
        return timer;
    }

    // A timer that is set anew is meant as one that is made.
    private sealed class StageTimer(StageClock clock, ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime <= TimeSpan.Zero || _read.Clock != clock)
                return timer.Change(dueTime, period);
            var due = _read.At + dueTime;
            DateTimeOffset now;
            bool changed;
            do
            {
                now = clock.Standing;
                changed = timer.Change(due > now ? due - now : TimeSpan.Zero, period);
                // The clock may have moved before the timer counted from it; then it would come too late.
            } while (changed && clock.Standing != now);
            return changed;
        }

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }

    private DateTimeOffset Standing => base.GetUtcNow();
}
