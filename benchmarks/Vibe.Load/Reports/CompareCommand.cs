using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Vibe.Load.Measures;
using Vibe.Load.Scenarios;

namespace Vibe.Load.Reports;

/// <summary><c>compare</c>: puts two reports side by side.</summary>
internal static class CompareCommand
{
    private static readonly Argument<FileInfo> Before = new Argument<FileInfo>("BEFORE")
    {
        Description = "What run --json wrote first",
    }.AcceptExistingOnly();
    private static readonly Argument<FileInfo> After = new Argument<FileInfo>("AFTER")
    {
        Description = "What it wrote later",
    }.AcceptExistingOnly();

    public static Command Build()
    {
        var command = new Command("compare", "Compare two reports, by what their goals are about") { Before, After };
        command.SetAction(
            async (given, cancellation) =>
                Print(
                    await ReportFile.ReadAsync<Report>(given.GetRequiredValue(Before).FullName, cancellation),
                    await ReportFile.ReadAsync<Report>(given.GetRequiredValue(After).FullName, cancellation)
                )
        );
        return command;
    }

    private static void Print(Report before, Report after)
    {
        var table = new Spectre.Console.Table().Border(TableBorder.Simple);
        foreach (var column in new[] { "case", "figure", "before", "after", "change", "" })
            table.AddColumn(new TableColumn(column) { NoWrap = true });
        foreach (var row in after.Rows)
            if (before.Rows.FirstOrDefault(row.IsSameCaseAs) is { } earlier)
                foreach (var goal in Workloads.Find(row.Workload)?.GoalsOf(row.Case) ?? [])
                    if (goal.In(earlier) is { } was && goal.In(row) is { } isNow)
                        table.AddRow(
                            $"{row}",
                            goal.Figure.Text(),
                            goal.Text(was),
                            goal.Text(isNow),
                            Change(was, isNow),
                            Sign(goal, was, isNow)
                        );
        Screen.Open().Write(table);
    }

    private static string Change(Spread before, Spread after) =>
        (after.Median / before.Median - 1).ToString("+0 %;-0 %;0 %", CultureInfo.InvariantCulture);

    // Where the runs of both overlap, the difference may be chance.
    private static string Sign(Goal goal, Spread before, Spread after) =>
        after.Min <= before.Max && before.Min <= after.Max ? "within the spread"
        : after.Median > before.Median == goal.AtMost ? "[red]worse[/]"
        : "[green]better[/]";
}
