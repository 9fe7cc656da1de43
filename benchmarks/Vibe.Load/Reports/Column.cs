using Vibe.Load.Measures;
using Vibe.Load.Scenarios;

namespace Vibe.Load.Reports;

/// <summary>A figure in a table, for Vibe and for its twin.</summary>
internal sealed record Column(string Title, Func<IReadOnlyList<Sample>, string> Cell);

/// <summary>Which figures stand in the tables of the kinds of workloads.</summary>
internal static class Columns
{
    /// <summary>Where documents flow.</summary>
    public static IReadOnlyList<Column> Flow { get; } =
    [
        new("a second", Cells.Rate),
        new("p50 · p99 · p99.9 ms", Cells.Latency),
        new("µs CPU each", Cells.Cpu),
        new("MiB", Cells.Memory),
    ];

    /// <summary>Where they flow through a gateway as well, whose processor time stands where memory would.</summary>
    public static IReadOnlyList<Column> Doors { get; } = [.. Flow.SkipLast(1), new("Envoy", Cells.GatewayCpu)];

    /// <summary>Where a method is called within the process.</summary>
    public static IReadOnlyList<Column> Call { get; } =
    [Single("µs a call", Figure.Call), new("p50 · p99 · p99.9 µs", Cells.ShortLatency)];

    /// <summary>Where many wait for one thing.</summary>
    public static IReadOnlyList<Column> Wait { get; } =
    [Single("the last after ms", Figure.Last), new("p50 · p99 · p99.9 ms", Cells.Latency), new("MiB", Cells.Memory)];

    /// <summary>Where nothing happens.</summary>
    public static IReadOnlyList<Column> Idle { get; } =
    [Single("KiB each", Figure.MemoryEach), Single("% CPU", Figure.IdleCpu), new("MiB", Cells.Memory)];

    /// <summary>Where a server starts.</summary>
    public static IReadOnlyList<Column> Start { get; } =
    [Single("start ms", Figure.Start), Single("idle MiB", Figure.IdleMemory), new("MiB after load", Cells.Memory)];

    /// <summary>Where two programs do the same.</summary>
    public static IReadOnlyList<Column> Client { get; } =
    [new("measured", Cells.MostTelling), new("µs CPU each", Cells.Cpu), new("MiB at most", Cells.Memory)];

    private static Column Single(string title, Figure figure) => new(title, runs => Cells.Of(runs, figure));
}
