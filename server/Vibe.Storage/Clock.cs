namespace Vibe.Storage;

/// <summary>
/// The one clock of what the server stores and promises: its own, corrected by the offset to the database, so that
/// replicas agree.
/// </summary>
public sealed class Clock(TimeProvider time)
{
    private long _offsetMicroseconds;

    /// <summary>Now, in microseconds since the Unix epoch.</summary>
    public long Microseconds => ToMicroseconds(time.GetUtcNow()) + Interlocked.Read(ref _offsetMicroseconds);

    /// <summary>Now.</summary>
    public DateTimeOffset Now => FromMicroseconds(Microseconds);

    /// <summary>The timers and the monotonic clock behind this one.</summary>
    public TimeProvider Time => time;

    /// <summary>Tells what the database's clock reads at this moment.</summary>
    internal void Follow(DateTimeOffset database) =>
        Interlocked.Exchange(ref _offsetMicroseconds, ToMicroseconds(database) - ToMicroseconds(time.GetUtcNow()));

    /// <summary>Converts an instant to microseconds since the Unix epoch.</summary>
    public static long ToMicroseconds(DateTimeOffset instant) => (instant - DateTimeOffset.UnixEpoch).Ticks / 10;

    /// <summary>Converts microseconds since the Unix epoch to an instant.</summary>
    public static DateTimeOffset FromMicroseconds(long microseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(microseconds * 10);
}
