using System.Runtime.InteropServices;
using Vibe.Load.Scenarios;
using Vibe.Load.Servers;

namespace Vibe.Load.Reports;

/// <summary>Everything that a run found, and on what.</summary>
internal sealed record Report
{
    /// <summary>The form of the file, which changes when its readers must.</summary>
    public int Format { get; init; } = 2;

    public required DateTimeOffset At { get; init; }
    public required string System { get; init; }

    /// <summary>Which Vibe it is, and what it was told.</summary>
    public required string Vibe { get; init; }
    public required int Processors { get; init; }
    public required int Runs { get; init; }
    public required double Seconds { get; init; }
    public required IReadOnlyList<Row> Rows { get; init; }

    /// <summary>What could not be measured here, and why.</summary>
    public IReadOnlyList<string> Skipped { get; init; } = [];

    public static Report Of(BenchOptions options, Bench bench) =>
        new()
        {
            At = DateTimeOffset.UtcNow,
            System = $"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}",
            Vibe = options.Address is { } address ? $"Vibe at {address}" : VibeSubject.Description,
            Processors = Environment.ProcessorCount,
            Runs = options.Runs,
            Seconds = options.Length.TotalSeconds,
            Rows = bench.Rows,
            Skipped = bench.Skipped,
        };
}
