using System.Diagnostics;
using HdrHistogram;

namespace Vibe.Load.Measures;

/// <summary>How long calls, or deliveries, took, to three digits, from a nanosecond to a minute. Any thread may add to it.</summary>
internal sealed class Latencies
{
    private const long Longest = 60_000_000_000;

    private readonly LongConcurrentHistogram _nanoseconds = new(1, Longest, 3);

    public void Add(TimeSpan latency) => AddNanoseconds(latency.TotalNanoseconds);

    public void AddMicroseconds(long latency) => AddNanoseconds(latency * 1000.0);

    public void AddNanoseconds(double latency) => _nanoseconds.RecordValue((long)Math.Clamp(latency, 1, Longest));

    /// <summary>Adds what lies between two moments of <see cref="Stopwatch"/>.</summary>
    public void Add(long began, long ended) => Add(Stopwatch.GetElapsedTime(began, ended));

    public long Count => _nanoseconds.TotalCount;

    /// <summary>Gives the latency in milliseconds that a share of the calls did not exceed.</summary>
    public double Percentile(double percent) => _nanoseconds.GetValueAtPercentile(percent) / 1e6;
}
