using Microsoft.Extensions.Time.Testing;

namespace Vibe.Client.Tests.Scripted;

/// <summary>
/// A fake clock that knows what is being waited for, so that it moves on when somebody waits and not before.
/// </summary>
internal sealed class WatchedClock : FakeTimeProvider
{
    private readonly List<WatchedTimer> _waiting = [];

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new WatchedTimer(this, dueTime);
        timer.Inner = base.CreateTimer(
            given =>
            {
                Forget(timer);
                callback(given);
            },
            state,
            dueTime,
            period
        );

        // Only now: time that passed before the clock knew of the timer would have passed it by.
        lock (_waiting)
        {
            if (!timer.IsOver)
            {
                _waiting.Add(timer);
            }
        }

        return timer;
    }

    /// <summary>Passes the time of each wait that fits, until something happened.</summary>
    public async Task<T> PassAsync<T>(Func<TimeSpan, bool> wait, Task<T> happened)
    {
        while (!happened.IsCompleted)
        {
            WatchedTimer? due;
            lock (_waiting)
            {
                due = _waiting.Find(timer => wait(timer.DueTime));
                _waiting.Remove(due!);
            }

            if (due is not null)
            {
                Advance(due.DueTime);
            }

            await Task.Yield();
        }

        return await happened;
    }

    private void Forget(WatchedTimer timer)
    {
        lock (_waiting)
        {
            timer.IsOver = true;
            _waiting.Remove(timer);
        }
    }

    private sealed class WatchedTimer(WatchedClock clock, TimeSpan dueTime) : ITimer
    {
        public TimeSpan DueTime => dueTime;

        public ITimer? Inner { get; set; }

        public bool IsOver { get; set; }

        public bool Change(TimeSpan due, TimeSpan period) => Inner!.Change(due, period);

        public void Dispose()
        {
            clock.Forget(this);
            Inner?.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
