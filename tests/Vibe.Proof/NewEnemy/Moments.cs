using System.Diagnostics;

namespace Vibe.Proof.NewEnemy;

/// <summary>The clock of a history: microseconds since the Unix epoch that never go back.</summary>
internal static class Moments
{
    private static readonly long Start = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks / 10;
    private static readonly Stopwatch Since = Stopwatch.StartNew();

    public static long Now => Start + Since.ElapsedTicks / (Stopwatch.Frequency / 1_000_000);
}
