namespace Vibe.Load.Measures;

/// <summary>The figures of one run on one side; each workload has some of them.</summary>
internal sealed record Sample
{
    /// <summary>Documents in a second.</summary>
    public double? PerSecond { get; init; }

    /// <summary>Milliseconds that half of the calls, or deliveries, did not exceed, and so on.</summary>
    public double? P50 { get; init; }

    public double? P99 { get; init; }

    public double? P999 { get; init; }

    /// <summary>Microseconds that a call within the process takes, by the time that all of them took together.</summary>
    public double? Call { get; init; }

    /// <summary>Milliseconds until the last of many had what they all wait for.</summary>
    public double? Last { get; init; }

    /// <summary>Milliseconds from the start of the process to its first answer.</summary>
    public double? Start { get; init; }

    /// <summary>Microseconds of the server's processor time for each document; absent where the server is out of sight.</summary>
    public double? Cpu { get; init; }

    /// <summary>Microseconds of the database server's processor time for each document.</summary>
    public double? DatabaseCpu { get; init; }

    /// <summary>Microseconds of the processor time of a gateway before the server for each document.</summary>
    public double? GatewayCpu { get; init; }

    /// <summary>The share of one processor, in percent, that the server takes while nothing happens.</summary>
    public double? IdleCpu { get; init; }

    /// <summary>What the server has in memory after the run, in MiB.</summary>
    public double? Memory { get; init; }

    public double? DatabaseMemory { get; init; }

    /// <summary>What it has in memory before anybody but the first has asked it anything, in MiB.</summary>
    public double? IdleMemory { get; init; }

    /// <summary>What it has in memory for each stream that is open, in KiB.</summary>
    public double? MemoryEach { get; init; }

    /// <summary>By how much its memory grew, in MiB.</summary>
    public double? Grown { get; init; }

    /// <summary>How large a file is, in KiB.</summary>
    public double? Size { get; init; }

    /// <summary>Puts together what came of the load and what the server used for it.</summary>
    public static Sample From(Outcome outcome, int documentsEach, Usage? before, Usage? after)
    {
        double? Each(TimeSpan? cpu) => cpu?.TotalMicroseconds / (outcome.Sent * documentsEach);
        double? Latency(double percent) => outcome.Latencies.Count == 0 ? null : outcome.Latencies.Percentile(percent);
        return new Sample
        {
            PerSecond = outcome.Measured * documentsEach / outcome.Elapsed.TotalSeconds,
            P50 = Latency(50),
            P99 = Latency(99),
            P999 = Latency(99.9),
            Cpu = Each(after?.Cpu - before?.Cpu),
            DatabaseCpu = Each(after?.DatabaseCpu - before?.DatabaseCpu),
            Memory = Usage.Mebibytes(after?.Memory),
            DatabaseMemory = Usage.Mebibytes(after?.DatabaseMemory),
        };
    }

    /// <summary>Calls within this process, one after the other.</summary>
    public static Sample OfCalls(long calls, TimeSpan elapsed, Latencies latencies) =>
        new()
        {
            PerSecond = calls / elapsed.TotalSeconds,
            Call = elapsed.TotalMicroseconds / calls,
            P50 = latencies.Percentile(50),
            P99 = latencies.Percentile(99),
            P999 = latencies.Percentile(99.9),
        };

    /// <summary>The moments at which many had what they wait for.</summary>
    public static Sample Of(Latencies moments, Usage? after) =>
        new()
        {
            P50 = moments.Percentile(50),
            P99 = moments.Percentile(99),
            P999 = moments.Percentile(99.9),
            Last = moments.Percentile(100),
            Memory = Usage.Mebibytes(after?.Memory),
            DatabaseMemory = Usage.Mebibytes(after?.DatabaseMemory),
        };
}
