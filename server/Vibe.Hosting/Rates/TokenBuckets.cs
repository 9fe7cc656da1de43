using System.Collections.Concurrent;

namespace Vibe.Hosting.Rates;

/// <summary>What a bucket answered to one call.</summary>
/// <param name="IsIn">Whether there was a token for it.</param>
/// <param name="Wait">
/// How long until there is one, where there was none: one for each that is refused, in turn, since all who come back at the
/// same moment would be refused again but for one.
/// </param>
/// <param name="Left">How many further calls there are tokens for.</param>
/// <param name="UntilFull">How long until the bucket is full again.</param>
public readonly record struct Standing(bool IsIn, TimeSpan Wait, long Left, TimeSpan UntilFull);

/// <summary>
/// A token bucket for each name: full at first, one token a call, refilled evenly. Each is the moment at which it is full
/// again (the generic cell rate algorithm of ITU-T I.371), so that none needs a timer, a wait is exact, and one that is full
/// again can be forgotten: a limiter of <c>System.Threading.RateLimiting</c> is refilled in steps, and its
/// partitions wake ten times a second.
/// </summary>
/// <param name="rate">How many tokens come back in a second.</param>
/// <param name="window">How long an empty bucket takes to be full: what may come at once is as much as in this time.</param>
/// <param name="time">The clock.</param>
/// <param name="most">
/// How many names are told apart. Full buckets are forgotten, so no more names have one than calls were let in within a
/// window; all beyond this number share a bucket.
/// </param>
public sealed class TokenBuckets<TName>(int rate, TimeSpan window, TimeProvider time, int most = 100_000)
    where TName : notnull
{
    private const int Few = 1000;
    private const long Forgotten = long.MinValue;

    private static readonly TimeSpan BetweenSweeps = TimeSpan.FromSeconds(1);

    private readonly long _token = Math.Max(1, time.TimestampFrequency / rate);
    private readonly ConcurrentDictionary<TName, Bucket> _buckets = new();
    private readonly Bucket _others = new();
    private readonly Lock _sweeping = new();
    private long _swept = time.GetTimestamp();
    private int _names;

    /// <summary>How many calls a full bucket lets in at once.</summary>
    public long Size { get; } = Math.Max(1, (long)(rate * window.TotalSeconds));

    /// <summary>How many names have a bucket.</summary>
    internal int Names => _names;

    /// <summary>Takes a token out of the bucket of a name.</summary>
    public Standing Take(TName name)
    {
        while (true)
        {
            var bucket = Of(name);
            var seen = Volatile.Read(ref bucket.FullAt);
            if (seen == Forgotten)
                continue;
            var now = time.GetTimestamp();
            var taken = Math.Max(seen - now, 0);
            var beyond = taken + _token - (Size * _token);
            if (beyond > 0)
                return new Standing(false, Span(TurnOf(bucket, now + beyond) - now), 0, Span(taken));
            if (Interlocked.CompareExchange(ref bucket.FullAt, now + taken + _token, seen) == seen)
                return new Standing(true, TimeSpan.Zero, -beyond / _token, Span(taken + _token));
        }
    }

    /// <summary>Puts a token back that was taken for a call which is not to count.</summary>
    public void GiveBack(TName name)
    {
        var bucket = _buckets.GetValueOrDefault(name, _others);
        while (true)
        {
            var seen = Volatile.Read(ref bucket.FullAt);
            // It has been full again meanwhile.
            if (seen == Forgotten)
                return;
            if (Interlocked.CompareExchange(ref bucket.FullAt, seen - _token, seen) == seen)
                return;
        }
    }

    // From the next token on; once a whole window is promised it begins again.
    private long TurnOf(Bucket bucket, long next)
    {
        while (true)
        {
            var seen = Volatile.Read(ref bucket.PromisedTo);
            var turn = Math.Max(seen + _token, next);
            if (turn - next >= Size * _token)
                turn = next;
            if (Interlocked.CompareExchange(ref bucket.PromisedTo, turn, seen) == seen)
                return turn;
        }
    }

    private Bucket Of(TName name)
    {
        if (_buckets.TryGetValue(name, out var known))
            return known;
        if (_names >= Math.Min(Few, most))
            Sweep();
        if (_names >= most)
            return _others;
        var fresh = new Bucket();
        var bucket = _buckets.GetOrAdd(name, fresh);
        if (bucket == fresh)
            Interlocked.Increment(ref _names);
        return bucket;
    }

    // Only when a new name comes, and seldom: it looks at all of them.
    private void Sweep()
    {
        if (time.GetElapsedTime(Volatile.Read(ref _swept)) < BetweenSweeps || !_sweeping.TryEnter())
            return;
        try
        {
            var now = time.GetTimestamp();
            Volatile.Write(ref _swept, now);
            foreach (var entry in _buckets)
            {
                var seen = Volatile.Read(ref entry.Value.FullAt);
                if (seen > now || Interlocked.CompareExchange(ref entry.Value.FullAt, Forgotten, seen) != seen)
                    continue;
                _buckets.TryRemove(entry);
                Interlocked.Decrement(ref _names);
            }
        }
        finally
        {
            _sweeping.Exit();
        }
    }

    private TimeSpan Span(long ticks) =>
        TimeSpan.FromTicks((long)Math.Ceiling(ticks * ((double)TimeSpan.TicksPerSecond / time.TimestampFrequency)));

    private sealed class Bucket
    {
        public long FullAt;
        public long PromisedTo;
    }
}
