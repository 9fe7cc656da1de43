using Spectre.Console;
using Vibe.Load.Scenarios;

namespace Vibe.Load.Reports;

/// <summary>
/// Prints a report: a table for each kind of workload, with a line for each goal of each case. What was measured comes
/// first, then what the goal is about, and the goal.
/// </summary>
internal static class Table
{
    public static void Print(Report report)
    {
        foreach (var reason in report.Skipped)
            Screen.Open().WriteLine($"Not measured: {reason}");
        if (report.Rows.Count == 0)
            return;
        var console = Screen.Open();
        foreach (var kind in report.Rows.GroupBy(row => Workloads.Find(row.Workload)!.Columns))
            console.Write(Of(kind.Key, [.. kind]));
        console.WriteLine(
            $"Medians of {report.Runs} runs of {report.Seconds} s (least–most), on {report.Machine?.Processors} processors; "
                + "MiB of a database server is what its processes do not share."
        );
        console.WriteLine(report.Vibe);
    }

    private static Spectre.Console.Table Of(IReadOnlyList<Column> columns, IReadOnlyList<Row> rows)
    {
        var table = new Spectre.Console.Table().Border(TableBorder.Simple);
        var beside = Workloads.Find(rows[0].Workload)!.Beside;
        string[] titles =
        [
            "case",
            "by",
            .. columns.SelectMany(column => new[] { column.Title, beside }),
            "ratio, or figure",
            "goal",
        ];
        foreach (var title in titles)
            table.AddColumn(new TableColumn(title) { NoWrap = true });
        foreach (var row in rows)
        {
            string[] measured =
            [
                $"{row}",
                row.Generator,
                .. columns.SelectMany(column => new[] { column.Cell(row.Vibe), column.Cell(row.Twin) }),
            ];
            var goals = Workloads.Find(row.Workload)!.GoalsOf(row.Case);
            table.AddRow([.. measured.Select(Markup.Escape), .. Judged(row, goals.FirstOrDefault())]);
            foreach (var goal in goals.Skip(1))
                table.AddRow([.. measured.Select(_ => ""), .. Judged(row, goal)]);
        }
        return table;
    }

    private static string[] Judged(Row row, Goal? goal)
    {
        if (goal is null)
            return ["–", "–"];
        var colour = goal.IsMetBy(row) ? "green" : "red";
        return [$"[{colour}]{goal.TextOf(row)}[/]", $"[{colour}]{goal}[/]"];
    }
}
