using System.Diagnostics;
using HdrHistogram;

namespace Vibe.Load.Measures;

/// <summary>How long calls, or deliveries, took, to three digits, from a microsecond to a minute. Any thread may add to it.</summary>
internal sealed class Latencies
{
    private const long Longest = 60_000_000;

    private readonly LongConcurrentHistogram _microseconds = new(1, Longest, 3);

    public void Add(TimeSpan latency) => AddMicroseconds((long)latency.TotalMicroseconds);

    public void AddMicroseconds(long latency) => _microseconds.RecordValue(Math.Clamp(latency, 1, Longest));

    /// <summary>Adds what lies between two moments of <see cref="Stopwatch"/>.</summary>
    public void Add(long began, long ended) => Add(Stopwatch.GetElapsedTime(began, ended));

    public long Count => _microseconds.TotalCount;

    /// <summary>Gives the latency in milliseconds that a share of the calls did not exceed.</summary>
    public double Percentile(double percent) => _microseconds.GetValueAtPercentile(percent) / 1000.0;
}
