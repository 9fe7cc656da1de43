namespace Vibe.Storage;

/// <summary>
/// The one clock of what the server stores and promises: its own, corrected by the offset to the database, so that
/// replicas agree.
/// </summary>
public sealed class Clock(TimeProvider time)
{
    private const int Questions = 8;

    private long _offsetMicroseconds;

    /// <summary>Now, in microseconds since the Unix epoch.</summary>
    public long Microseconds => ToMicroseconds(time.GetUtcNow()) + Interlocked.Read(ref _offsetMicroseconds);

    /// <summary>Now.</summary>
    public DateTimeOffset Now => FromMicroseconds(Microseconds);

    /// <summary>The timers and the monotonic clock behind this one.</summary>
    public TimeProvider Time => time;

    /// <summary>
    /// Follows the database's clock. An answer is about half as old as it took to come, so the quickest of several counts
    /// (as in NTP, RFC 5905, section 10): a server that starts on a busy machine would be behind the others else.
    /// </summary>
    /// <param name="ask">Asks what the database's clock reads.</param>
    internal async Task FollowAsync(Func<Task<DateTimeOffset>> ask)
    {
        var quickest = TimeSpan.MaxValue;
        for (var question = 0; question < Questions; question++)
        {
            var (asked, begun) = (time.GetUtcNow(), time.GetTimestamp());
            var told = await ask();
            var took = time.GetElapsedTime(begun);
            if (took >= quickest)
                continue;
            quickest = took;
            Interlocked.Exchange(ref _offsetMicroseconds, ToMicroseconds(told) - ToMicroseconds(asked + took / 2));
        }
    }

    /// <summary>Converts an instant to microseconds since the Unix epoch.</summary>
    public static long ToMicroseconds(DateTimeOffset instant) => (instant - DateTimeOffset.UnixEpoch).Ticks / 10;

    /// <summary>Converts microseconds since the Unix epoch to an instant.</summary>
    public static DateTimeOffset FromMicroseconds(long microseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(microseconds * 10);
}
