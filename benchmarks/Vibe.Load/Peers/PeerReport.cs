using System.Runtime.InteropServices;
using System.Text.Json;
using Spectre.Console;
using Vibe.Load.Measures;
using Vibe.Load.Reports;
using Vibe.Load.Servers;

namespace Vibe.Load.Peers;

/// <summary>What was found of all systems, on one machine in one run.</summary>
internal sealed record PeerReport
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>The form of the file, which changes when its readers must.</summary>
    public int Format { get; init; } = 1;

    public DateTimeOffset At { get; } = DateTimeOffset.UtcNow;
    public string System { get; } = $"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}";
    public string Vibe { get; } = VibeSubject.Description;
    public int Processors { get; } = Environment.ProcessorCount;
    public required int Runs { get; init; }
    public required double Seconds { get; init; }
    public required IReadOnlyList<PeerRow> Rows { get; init; }

    /// <summary>Which systems were not measured, and why.</summary>
    public required IReadOnlyList<string> Skipped { get; init; }

    public async Task WriteAsync(string file)
    {
        await using var stream = File.Create(file);
        await JsonSerializer.SerializeAsync(stream, this, Json);
    }

    /// <summary>Prints a line for each case of each system; the last column is Vibe's figure divided by the system's.</summary>
    public void Print()
    {
        var table = new Spectre.Console.Table().Border(TableBorder.Simple);
        foreach (
            var column in new[] { "case", "system", "a second", "p50 ms", "µs CPU each", "MiB", "how", "Vibe to it" }
        )
            table.AddColumn(new TableColumn(column) { NoWrap = true });
        foreach (var rows in Rows.GroupBy(row => row.Case))
        foreach (var row in rows)
            table.AddRow(
                Markup.Escape(row.Case),
                Markup.Escape(row.System),
                Cells.Rate(row.Runs),
                Number(row.Runs, run => run.P50, "f2"),
                Number(row.Runs, run => run.Cpu, "f1"),
                Number(row.Runs, run => run.Memory, "n0"),
                Markup.Escape(row.How),
                Ratio(rows.FirstOrDefault(other => other.IsVibe), row)
            );
        var console = Screen.Open();
        console.Write(table);
        console.WriteLine($"Medians of {Runs} runs of {Seconds} s (least–most), on {Processors} processors.");
        console.WriteLine(Vibe);
        foreach (var skipped in Skipped)
            console.WriteLine($"SKIP {skipped}");
    }

    private static string Ratio(PeerRow? vibe, PeerRow row) =>
        vibe is null || row.IsVibe
            ? "–"
            : (Rate(vibe) / Rate(row)).ToString("× 0.00", global::System.Globalization.CultureInfo.InvariantCulture);

    private static double Rate(PeerRow row) => Spread.Of(row.Runs.Select(run => run.PerSecond).OfType<double>()).Median;

    private static string Number(IReadOnlyList<Sample> runs, Func<Sample, double?> figure, string format) =>
        runs.Select(figure).OfType<double>().ToArray() is { Length: > 0 } figures
            ? Spread.Of(figures).Median.ToString(format, global::System.Globalization.CultureInfo.InvariantCulture)
            : "–";
}
