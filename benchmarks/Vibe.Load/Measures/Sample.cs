namespace Vibe.Load.Measures;

/// <summary>The figures of one run on one side.</summary>
internal sealed record Sample
{
    /// <summary>Documents in a second.</summary>
    public required double PerSecond { get; init; }

    /// <summary>Milliseconds that half of the calls did not exceed, and so on.</summary>
    public required double P50 { get; init; }

    public required double P99 { get; init; }

    public required double P999 { get; init; }

    /// <summary>Microseconds of the server's processor time for each document; absent where the server is out of sight.</summary>
    public double? Cpu { get; init; }

    /// <summary>Microseconds of the database server's processor time for each document.</summary>
    public double? DatabaseCpu { get; init; }

    /// <summary>What the server has in memory after the run, in MiB.</summary>
    public double? Memory { get; init; }

    public double? DatabaseMemory { get; init; }

    /// <summary>Puts together what came of the load and what the server used for it.</summary>
    public static Sample From(Outcome outcome, int documentsEach, Usage? before, Usage? after)
    {
        double? Each(TimeSpan? cpu) => cpu?.TotalMicroseconds / (outcome.Sent * documentsEach);
        return new Sample
        {
            PerSecond = outcome.Measured * documentsEach / outcome.Elapsed.TotalSeconds,
            P50 = outcome.Latencies.Percentile(50),
            P99 = outcome.Latencies.Percentile(99),
            P999 = outcome.Latencies.Percentile(99.9),
            Cpu = Each(after?.Cpu - before?.Cpu),
            DatabaseCpu = Each(after?.DatabaseCpu - before?.DatabaseCpu),
            Memory = after?.Memory / (double)(1 << 20),
            DatabaseMemory = after?.DatabaseMemory / (double)(1 << 20),
        };
    }
}
