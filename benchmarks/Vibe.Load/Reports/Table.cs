using Spectre.Console;
using Vibe.Load.Scenarios;

namespace Vibe.Load.Reports;

/// <summary>Prints a report: a line for each goal of each case, what was measured first, then the ratio and the goal.</summary>
internal static class Table
{
    private static readonly string[] Columns =
    [
        "case",
        "by",
        "a second",
        "twin",
        "p50 · p99 · p99.9 ms",
        "twin",
        "µs CPU each",
        "twin",
        "MiB",
        "twin",
        "ratio",
        "goal",
    ];

    public static void Print(Report report)
    {
        if (report.Rows.Count == 0)
            return;
        var table = new Spectre.Console.Table().Border(TableBorder.Simple);
        foreach (var column in Columns)
            table.AddColumn(new TableColumn(column) { NoWrap = true });
        foreach (var row in report.Rows)
        {
            var measured = Measured(row).Select(Markup.Escape).ToArray();
            var goals = Workloads.Find(row.Workload)!.Goals;
            table.AddRow([.. measured, .. Judged(row, goals.FirstOrDefault())]);
            foreach (var goal in goals.Skip(1))
                table.AddRow([.. measured.Select(_ => ""), .. Judged(row, goal)]);
        }
        var console = Screen.Open();
        console.Write(table);
        console.WriteLine(
            $"Medians of {report.Runs} runs of {report.Seconds} s (least–most), on {report.Processors} processors; "
                + "MiB of a database server is what its processes do not share."
        );
        console.WriteLine(report.Vibe);
    }

    private static string[] Measured(Row row) =>
        [
            $"{row}",
            row.Generator,
            Cells.Rate(row.Vibe),
            Cells.Rate(row.Twin),
            Cells.Latency(row.Vibe),
            Cells.Latency(row.Twin),
            Cells.Cpu(row.Vibe),
            Cells.Cpu(row.Twin),
            Cells.Memory(row.Vibe),
            Cells.Memory(row.Twin),
        ];

    private static string[] Judged(Row row, Goal? goal)
    {
        if (goal is null)
            return ["–", "–"];
        var ratio = row.Ratio(goal.Figure);
        var colour = ratio is { Median: var median } && goal.Holds(median) ? "green" : "red";
        return [$"[{colour}]{Cells.Ratio(ratio)}[/]", $"[{colour}]{goal}[/]"];
    }
}
