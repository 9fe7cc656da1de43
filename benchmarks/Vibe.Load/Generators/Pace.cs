using System.Diagnostics;

namespace Vibe.Load.Generators;

/// <summary>
/// Begins work at moments that were fixed before, whether or not earlier work has ended: what waits because the server was
/// slow has waited from the moment at which it should have begun, and is not forgotten (coordinated omission).
/// </summary>
/// <param name="Times">How often.</param>
/// <param name="Interval">The time between two beginnings.</param>
internal sealed record Pace(int Times, TimeSpan Interval)
{
    // Timers come late by about as much; the rest of the way is waited for awake.
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(2);

    /// <summary>A pace for about some time.</summary>
    public static Pace Of(double perSecond, TimeSpan length) =>
        new((int)Math.Max(1, perSecond * length.TotalSeconds), TimeSpan.FromSeconds(1 / perSecond));

    /// <summary>Gives the moments, the first of which is soon.</summary>
    public long[] Moments()
    {
        var first = Stopwatch.GetTimestamp() + Ticks(Interval);
        return [.. Enumerable.Range(0, Times).Select(time => first + time * Ticks(Interval))];
    }

    /// <summary>Begins work at each of the moments, on a thread of its own.</summary>
    public static Task RunAsync(IReadOnlyList<long> moments, Action begin, CancellationToken cancellation) =>
        Task.Factory.StartNew(
            () =>
            {
                foreach (var moment in moments)
                {
                    cancellation.ThrowIfCancellationRequested();
                    if (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), moment) - Slack is { Ticks: > 0 } left)
                        Thread.Sleep(left);
                    while (Stopwatch.GetTimestamp() < moment)
                        Thread.SpinWait(20);
                    begin();
                }
            },
            cancellation,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);
}
