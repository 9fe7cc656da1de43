using Microsoft.Extensions.Time.Testing;

namespace Vibe.Proof.TwoWorlds;

/// <summary>
/// A clock that stands still until a pair moves it. A timer is due when its maker meant it to be, counted from what the
/// maker read last, also where the clock has moved between reading and asking.
/// </summary>
internal sealed class StageClock(DateTimeOffset start) : FakeTimeProvider(start)
{
    [ThreadStatic]
    private static DateTimeOffset _read;

    public override DateTimeOffset GetUtcNow() => _read = base.GetUtcNow();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var (meant, now) = (_read, base.GetUtcNow());
        var late = meant == default || dueTime <= TimeSpan.Zero ? TimeSpan.Zero : now - meant;
        return base.CreateTimer(
            callback,
            state,
            dueTime > late ? dueTime - late
                : dueTime > TimeSpan.Zero ? TimeSpan.Zero
                : dueTime,
            period
        );
    }
}
