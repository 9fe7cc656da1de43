using System.Globalization;
using Spectre.Console;
using Vibe.Load.Measures;
using Vibe.Load.Reports;

namespace Vibe.Load.Peers;

/// <summary>What was found of all systems, on one machine in one run.</summary>
internal sealed record PeerReport
{
    /// <summary>What its lines say; the last two are Vibe's figure divided by the system's, and what that shall be.</summary>
    public static readonly string[] Titles =
    [
        "case",
        "system",
        "a second",
        "p50 ms",
        "µs CPU each",
        "MiB",
        "how",
        "Vibe to it",
        "goal",
    ];

    /// <summary>The form of the file, which changes when its readers must.</summary>
    public int Format { get; init; } = 2;

    public required DateTimeOffset At { get; init; }

    /// <summary>What it ran on; absent from files of an earlier format, as the command is.</summary>
    public Machine? Machine { get; init; }

    /// <summary>Which Vibe it is, and what it was told.</summary>
    public required string Vibe { get; init; }

    /// <summary>The command that measured.</summary>
    public string? Command { get; init; }

    public required int Runs { get; init; }
    public required double Seconds { get; init; }
    public required IReadOnlyList<PeerRow> Rows { get; init; }

    /// <summary>Which systems were not measured, and why.</summary>
    public required IReadOnlyList<string> Skipped { get; init; }

    /// <summary>Gives a line for each case of each system.</summary>
    public IEnumerable<string[]> Lines() =>
        from rows in Rows.GroupBy(row => row.Case)
        let vibe = rows.FirstOrDefault(row => row.IsVibe)
        from row in rows
        select new[]
        {
            row.Case,
            row.System,
            Cells.Rate(row.Runs),
            Number(row.Runs, run => run.P50, "f2"),
            Number(row.Runs, run => run.Cpu, "f1"),
            Number(row.Runs, run => run.Memory, "n0"),
            row.How,
            Ratio(vibe, row),
            Goal(vibe, row),
        };

    /// <summary>Prints them.</summary>
    public void Print()
    {
        var table = new Spectre.Console.Table().Border(TableBorder.Simple);
        foreach (var title in Titles)
            table.AddColumn(new TableColumn(title) { NoWrap = true });
        foreach (var line in Lines())
            table.AddRow([.. line.Select(Markup.Escape)]);
        var console = Screen.Open();
        console.Write(table);
        console.WriteLine($"Medians of {Runs} runs of {Seconds} s (least–most), on {Machine?.Processors} processors.");
        console.WriteLine(Vibe);
        foreach (var skipped in Skipped)
            console.WriteLine($"SKIP {skipped}");
    }

    private static string Ratio(PeerRow? vibe, PeerRow row) =>
        vibe is null || row.IsVibe ? "–" : (Rate(vibe) / Rate(row)).ToString("× 0.00", CultureInfo.InvariantCulture);

    private static string Goal(PeerRow? vibe, PeerRow row) =>
        row.Goal is not { } goal || vibe is null ? ""
        : Rate(vibe) / Rate(row) >= goal ? $"≥ {goal}, met"
        : $"≥ {goal}, missed";

    private static double Rate(PeerRow row) => Spread.Of(row.Runs.Select(run => run.PerSecond).OfType<double>()).Median;

    private static string Number(IReadOnlyList<Sample> runs, Func<Sample, double?> figure, string format) =>
        runs.Select(figure).OfType<double>().ToArray() is { Length: > 0 } figures
            ? Spread.Of(figures).Median.ToString(format, CultureInfo.InvariantCulture)
            : "–";
}
