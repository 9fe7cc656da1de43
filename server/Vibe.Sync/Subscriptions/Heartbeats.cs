using Vibe.Storage;

namespace Vibe.Sync.Subscriptions;

/// <summary>
/// The moments at which streams say that they are there: once in each interval, at a moment that is fixed as the stream
/// opens. Those that would be due shortly after each other are due together, and so never late, and are looked after by
/// one read.
/// </summary>
internal sealed class Heartbeats : IDisposable
{
    private static readonly TimeSpan Together = TimeSpan.FromMilliseconds(250);

    // However short the interval is, nobody is due much before the whole of it.
    private const int FewestBeats = 8;

    private readonly TimeProvider _time;
    private readonly Beat[] _beats;
    private readonly TimeSpan _between;

    public Heartbeats(Clock clock, SubscriptionOptions options, SharedReads shared)
    {
        _time = clock.Time;
        var interval = options.HeartbeatInterval;
        var count = Math.Max(FewestBeats, (int)(interval / Together));
        _between = interval / count;
        _beats =
        [
            .. Enumerable.Range(0, count).Select(place => new Beat(_time, interval, _between * place, shared.Begin)),
        ];
    }

    /// <summary>Calls at each of a stream's moments, until the result is disposed of.</summary>
    public IDisposable Join(Action due)
    {
        var now = _time.GetUtcNow();
        var place = now.UtcTicks / _between.Ticks % _beats.Length;
        return _beats[place].Join(due, now);
    }

    public void Dispose()
    {
        foreach (var beat in _beats)
            beat.Dispose();
    }

    /// <summary>A moment that comes once in each interval, and whoever is due then.</summary>
    private sealed class Beat(TimeProvider time, TimeSpan interval, TimeSpan offset, Action fallen) : IDisposable
    {
        private readonly Lock _lock = new();
        private readonly HashSet<Member> _members = [];
        private ITimer? _timer;
        private DateTimeOffset _next;

        public IDisposable Join(Action due, DateTimeOffset now)
        {
            var member = new Member(this, due, FirstAfter(now));
            lock (_lock)
            {
                _members.Add(member);
                if (_members.Count == 1)
                    Wait(FirstAfter(now), now);
            }
            return member;
        }

        public void Leave(Member member)
        {
            lock (_lock)
                if (_members.Remove(member) && _members.Count == 0)
                    _timer!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public void Dispose() => _timer?.Dispose();

        private void Fall()
        {
            Member[] due;
            lock (_lock)
            {
                var moment = _next;
                due = [.. _members.Where(member => member.First <= moment)];
                if (_members.Count == 0)
                    return;
                var now = time.GetUtcNow();
                // Timers may come a little early, and clocks may be set back.
                var isEarly = moment > now && moment - now < interval / 2;
                Wait(FirstAfter(isEarly ? moment : now), now);
            }
            foreach (var member in due)
                member.Due();
            fallen();
        }

        private void Wait(DateTimeOffset moment, DateTimeOffset now)
        {
            _next = moment;
            _timer ??= time.CreateTimer(_ => Fall(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(moment - now, Timeout.InfiniteTimeSpan);
        }

        private DateTimeOffset FirstAfter(DateTimeOffset moment)
        {
            var since = (moment.UtcTicks - offset.Ticks) % interval.Ticks;
            return moment.AddTicks(interval.Ticks - since);
        }
    }

    private sealed class Member(Beat beat, Action due, DateTimeOffset first) : IDisposable
    {
        public Action Due => due;

        /// <summary>A beat that is late may meet somebody who came after its moment, and is due at the next.</summary>
        public DateTimeOffset First => first;

        public void Dispose() => beat.Leave(this);
    }
}
