using System.Globalization;
using Vibe.Load.Measures;
using Vibe.Load.Scenarios;

namespace Vibe.Load.Reports;

/// <summary>How figures stand in a table.</summary>
internal static class Cells
{
    /// <summary>The middle of the runs, and between what they lie.</summary>
    public static string Rate(IReadOnlyList<Sample> runs)
    {
        var spread = Spread.Of(runs.Select(run => run.PerSecond));
        return Text($"{spread.Median:n0} ({spread.Min:n0}–{spread.Max:n0})");
    }

    public static string Ratio(Spread? ratio) =>
        ratio is null ? "–" : Text($"{ratio.Median:f2} ({ratio.Min:f2}–{ratio.Max:f2})");

    public static string Latency(IReadOnlyList<Sample> runs) =>
        Text(
            $"{Middle(runs, run => run.P50):f2} · {Middle(runs, run => run.P99):f2} · {Middle(runs, run => run.P999):f2}"
        );

    public static string Cpu(IReadOnlyList<Sample> runs) => WithDatabase(runs, run => run.Cpu, run => run.DatabaseCpu);

    public static string Memory(IReadOnlyList<Sample> runs) =>
        WithDatabase(runs, run => run.Memory, run => run.DatabaseMemory);

    private static string WithDatabase(
        IReadOnlyList<Sample> runs,
        Func<Sample, double?> server,
        Func<Sample, double?> database
    ) =>
        Middle(runs, server) is not { } own ? "–"
        : Middle(runs, database) is { } beside ? Text($"{own:n0} + {beside:n0}")
        : Text($"{own:n0}");

    private static double? Middle(IReadOnlyList<Sample> runs, Func<Sample, double?> figure) =>
        runs.Select(figure).OfType<double>().ToArray() is { Length: > 0 } figures ? Spread.Of(figures).Median : null;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
