using Vibe.Load.Measures;

namespace Vibe.Load.Scenarios;

/// <summary>What a goal is about.</summary>
internal enum Figure
{
    PerSecond,
    P50,
    P99,
    Cpu,
    Memory,
}

/// <summary>How a figure is read and written.</summary>
internal static class Figures
{
    /// <summary>Gives the figure of a run, where it has it.</summary>
    public static double? Of(this Figure figure, Sample sample) =>
        figure switch
        {
            Figure.PerSecond => sample.PerSecond,
            Figure.P50 => sample.P50,
            Figure.P99 => sample.P99,
            Figure.Cpu => sample.Cpu + (sample.DatabaseCpu ?? 0),
            Figure.Memory => sample.Memory,
            _ => throw new ArgumentOutOfRangeException(nameof(figure)),
        };

    public static string Text(this Figure figure) =>
        figure switch
        {
            Figure.PerSecond => "rate",
            Figure.P50 => "p50",
            Figure.P99 => "p99",
            Figure.Cpu => "CPU each",
            Figure.Memory => "memory",
            _ => throw new ArgumentOutOfRangeException(nameof(figure)),
        };
}
