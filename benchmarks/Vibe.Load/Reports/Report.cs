using Vibe.Load.Scenarios;
using Vibe.Load.Servers;

namespace Vibe.Load.Reports;

/// <summary>Everything that a run found, and on what.</summary>
internal sealed record Report
{
    /// <summary>The form of the file, which changes when its readers must.</summary>
    public int Format { get; init; } = 3;

    public required DateTimeOffset At { get; init; }

    /// <summary>What it ran on; absent from files of an earlier format, as the command is.</summary>
    public Machine? Machine { get; init; }

    /// <summary>The command that measured.</summary>
    public string? Command { get; init; }

    /// <summary>Which Vibe it is, and what it was told.</summary>
    public required string Vibe { get; init; }
    public required int Runs { get; init; }
    public required double Seconds { get; init; }
    public required IReadOnlyList<Row> Rows { get; init; }

    /// <summary>What could not be measured here, and why.</summary>
    public IReadOnlyList<string> Skipped { get; init; } = [];

    public static Report Of(BenchOptions options, Bench bench) =>
        new()
        {
            At = DateTimeOffset.UtcNow,
            Machine = Machine.Here,
            Command = options.Command,
            Vibe = options.Address is null ? VibeSubject.Description : "a Vibe that ran already",
            Runs = options.Runs,
            Seconds = options.Length.TotalSeconds,
            Rows = bench.Rows,
            Skipped = bench.Skipped,
        };
}
