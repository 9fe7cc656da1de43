using System.Globalization;
using Vibe.Load.Measures;
using Vibe.Load.Scenarios;

namespace Vibe.Load.Reports;

/// <summary>How figures stand in a table.</summary>
internal static class Cells
{
    private const string Nothing = "–";
    private const int Thousand = 1000;

    /// <summary>The middle of the runs, and between what they lie.</summary>
    public static string Rate(IReadOnlyList<Sample> runs) =>
        Figure.PerSecond.Of(runs) is { } rate ? Text($"{rate.Median:n0} ({rate.Min:n0}–{rate.Max:n0})") : Nothing;

    /// <summary>The same of any figure; others than rates may be small.</summary>
    public static string Of(IReadOnlyList<Sample> runs, Figure figure) =>
        figure switch
        {
            Figure.PerSecond => Rate(runs),
            Figure.Call => Fine(figure.Of(runs)),
            _ => Ratio(figure.Of(runs)),
        };

    /// <summary>What is most worth knowing of a run.</summary>
    public static string Headline(Sample run)
    {
        Figure[] mostTelling = [Figure.PerSecond, Figure.Last, Figure.Start, Figure.MemoryEach];
        return mostTelling
                .Where(figure => figure.Of(run) is not null)
                .Select(figure => Text($"{figure.Of(run):n0} {figure.Unit()}"))
                .FirstOrDefault()
            ?? Nothing;
    }

    /// <summary>The figure that the runs are about, with its unit.</summary>
    public static string MostTelling(IReadOnlyList<Sample> runs)
    {
        Figure[] mostTelling = [Figure.PerSecond, Figure.Start, Figure.Grown, Figure.Size];
        return mostTelling
                .Where(figure => figure.Of(runs) is not null)
                .Select(figure => $"{Of(runs, figure)} {figure.Unit()}")
                .FirstOrDefault()
            ?? Nothing;
    }

    public static string Ratio(Spread? ratio) =>
        ratio is null ? Nothing : Text($"{ratio.Median:f2} ({ratio.Min:f2}–{ratio.Max:f2})");

    private static string Fine(Spread? figure) =>
        figure is null ? Nothing : Text($"{figure.Median:f3} ({figure.Min:f3}–{figure.Max:f3})");

    public static string Latency(IReadOnlyList<Sample> runs) =>
        Middle(runs, run => run.P50) is null
            ? Nothing
            : Text(
                $"{Middle(runs, run => run.P50):f2} · {Middle(runs, run => run.P99):f2} · {Middle(runs, run => run.P999):f2}"
            );

    /// <summary>The same in microseconds.</summary>
    public static string ShortLatency(IReadOnlyList<Sample> runs) =>
        Middle(runs, run => run.P50 * Thousand) is not { } half
            ? Nothing
            : Text(
                $"{half:f3} · {Middle(runs, run => run.P99 * Thousand):f3} · {Middle(runs, run => run.P999 * Thousand):f3}"
            );

    public static string Cpu(IReadOnlyList<Sample> runs) => WithDatabase(runs, run => run.Cpu, run => run.DatabaseCpu);

    public static string GatewayCpu(IReadOnlyList<Sample> runs) =>
        Middle(runs, run => run.GatewayCpu) is { } cpu ? Short(cpu) : Nothing;

    public static string Memory(IReadOnlyList<Sample> runs) =>
        WithDatabase(runs, run => run.Memory, run => run.DatabaseMemory);

    private static string WithDatabase(
        IReadOnlyList<Sample> runs,
        Func<Sample, double?> server,
        Func<Sample, double?> database
    ) =>
        Middle(runs, server) is not { } own ? Nothing
        : Middle(runs, database) is { } beside ? $"{Short(own)} + {Short(beside)}"
        : Short(own);

    private static string Short(double figure) => figure < 10 ? Text($"{figure:f1}") : Text($"{figure:n0}");

    private static double? Middle(IReadOnlyList<Sample> runs, Func<Sample, double?> figure) =>
        runs.Select(figure).OfType<double>().ToArray() is { Length: > 0 } figures ? Spread.Of(figures).Median : null;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
