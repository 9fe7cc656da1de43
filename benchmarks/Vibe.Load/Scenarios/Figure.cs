using Vibe.Load.Measures;

namespace Vibe.Load.Scenarios;

/// <summary>What a goal is about.</summary>
internal enum Figure
{
    PerSecond,
    P50,
    P99,
    Call,
    Last,
    Start,
    Cpu,
    IdleCpu,
    Memory,
    IdleMemory,
    MemoryEach,
    Each,
    Grown,
    Size,
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
            Figure.Call => sample.Call,
            Figure.Last => sample.Last,
            Figure.Start => sample.Start,
            Figure.Cpu => sample.Cpu + (sample.DatabaseCpu ?? 0),
            Figure.IdleCpu => sample.IdleCpu,
            Figure.Memory => sample.Memory,
            Figure.IdleMemory => sample.IdleMemory,
            Figure.MemoryEach => sample.MemoryEach,
            Figure.Each => 1e6 / sample.PerSecond,
            Figure.Grown => sample.Grown,
            Figure.Size => sample.Size,
            _ => throw new ArgumentOutOfRangeException(nameof(figure)),
        };

    /// <summary>Gives the middle of the runs that have the figure, where any does.</summary>
    public static Spread? Of(this Figure figure, IReadOnlyList<Sample> runs) =>
        runs.Select(run => figure.Of(run)).OfType<double>().ToArray() is { Length: > 0 } figures
            ? Spread.Of(figures)
            : null;

    public static string Text(this Figure figure) => Words(figure).Name;

    public static string Unit(this Figure figure) => Words(figure).Unit;

    private static (string Name, string Unit) Words(Figure figure) =>
        figure switch
        {
            Figure.PerSecond => ("rate", "a second"),
            Figure.P50 => ("p50", "ms"),
            Figure.P99 => ("p99", "ms"),
            Figure.Call => ("a call", "µs"),
            Figure.Last => ("the last", "ms"),
            Figure.Start => ("start", "ms"),
            Figure.Cpu => ("CPU each", "µs"),
            Figure.IdleCpu => ("idle CPU", "%"),
            Figure.Memory => ("memory", "MiB"),
            Figure.IdleMemory => ("idle memory", "MiB"),
            Figure.MemoryEach => ("memory each", "KiB"),
            Figure.Each => ("time each", "µs"),
            Figure.Grown => ("growth", "MiB"),
            Figure.Size => ("size", "KiB"),
            _ => throw new ArgumentOutOfRangeException(nameof(figure)),
        };
}
