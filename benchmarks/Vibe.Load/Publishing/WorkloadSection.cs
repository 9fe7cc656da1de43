using Vibe.Load.Measures;
using Vibe.Load.Reports;
using Vibe.Load.Scenarios;

namespace Vibe.Load.Publishing;

/// <summary>All figures of the workloads, and their goals.</summary>
internal static class WorkloadSection
{
    public static void Write(Markdown page, Evidence evidence)
    {
        page.Heading(2, "Workloads");
        foreach (var workload in Workloads.All)
            if (evidence.Rows.Any(row => row.Workload == workload.Id))
            {
                page.Heading(3, $"{workload.Id}: {workload.What}");
                WriteEngines(page, evidence, workload);
            }
        WriteWhatIsNot(page, evidence);
    }

    /// <summary>Sets down what was measured of a workload on each engine.</summary>
    public static void WriteEngines(Markdown page, Evidence evidence, Workload workload)
    {
        page.Block($"Beside it: {workload.Limit}.");
        foreach (var engine in evidence.Rows.Where(row => row.Workload == workload.Id).GroupBy(row => row.Engine))
            Write(page, workload, engine.Key, [.. engine]);
    }

    /// <summary>Sets the figures of cases below each other, Vibe's and the twin's.</summary>
    public static void WriteFigures(Markdown page, Workload workload, IEnumerable<Row> rows, Func<Row, string> title) =>
        page.Table(
            ["case", "by", "", .. workload.Columns.Select(column => column.Title)],
            from row in rows
            from side in new[] { ("Vibe", row.Vibe), (workload.Beside, row.Twin) }
            where side.Item2.Count > 0
            select Line(workload, title(row), row.Generator, side)
        );

    private static void Write(Markdown page, Workload workload, string engine, Row[] rows)
    {
        page.Heading(4, Engines.TitleOf(engine));
        WriteFigures(page, workload, rows, row => row.Case);
        var goals = rows.SelectMany(row => workload.GoalsOf(row.Case).Select(goal => (Row: row, Goal: goal))).ToArray();
        if (goals.Length > 0)
            page.Table(
                ["case", .. GoalSection.Titles],
                goals.Select(each => (string[])[each.Row.Case, .. GoalSection.Cells(each.Row, each.Goal)])
            );
    }

    private static string[] Line(
        Workload workload,
        string title,
        string generator,
        (string Name, IReadOnlyList<Sample> Runs) side
    ) => [title, generator, side.Name, .. workload.Columns.Select(column => column.Cell(side.Runs))];

    private static void WriteWhatIsNot(Markdown page, Evidence evidence)
    {
        string[] missing =
        [
            .. from workload in Workloads.All
            where workload.Measure is null
            select $"{workload.Id}, {workload.What}: comes with {workload.Comes}.",
            .. from engine in evidence.Rows.Except(evidence.OfClients).Select(row => row.Engine).Distinct()
            from workload in Workloads.All.Concat(Workloads.Growing)
            where workload.Measure is not null
            where !evidence.Rows.Any(row => row.Workload == workload.Id && row.Engine == engine)
            select $"{workload.Id}, {workload.What}, on {Engines.TitleOf(engine)}: is in none of the files.",
            .. evidence.Reports.SelectMany(report => report.Skipped),
        ];
        if (missing.Length == 0)
            return;
        page.Heading(3, "Not measured");
        page.List(missing.Distinct());
    }
}
