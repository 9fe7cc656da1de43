using Vibe.Load.Reports;
using Vibe.Load.Scenarios;

namespace Vibe.Load.Publishing;

/// <summary>How many goals are met, and all that are not.</summary>
internal static class GoalSection
{
    public static void Write(Markdown page, Evidence evidence)
    {
        var goals = (
            from row in evidence.Rows.Except(evidence.OfClients)
            from goal in Workloads.Find(row.Workload)?.GoalsOf(row.Case) ?? []
            select (row, goal)
        ).ToArray();
        if (goals.Length == 0)
            return;
        var missed = goals.Where(each => !each.goal.IsMetBy(each.row)).ToArray();
        page.Heading(2, "Goals");
        page.Block($"Of {goals.Length} goals {goals.Length - missed.Length} are met and {missed.Length} are missed.");
        if (missed.Length == 0)
            return;
        page.Table(
            ["missed", .. Titles],
            missed.Select(each => (string[])[$"{each.row}", .. Cells(each.row, each.goal)])
        );
        page.Block("Why, what was tried, and what remains is in [the account](../benchmarks/account.md).");
    }

    /// <summary>What <see cref="Cells"/> hold.</summary>
    public static string[] Titles { get; } = ["goal", "Vibe", "twin", "ratio, or figure", ""];

    /// <summary>Sets a goal beside the figures that it is about.</summary>
    public static string[] Cells(Row row, Goal goal) =>
        [
            $"{goal}",
            Reports.Cells.Of(row.Vibe, goal.Figure),
            Reports.Cells.Of(row.Twin, goal.Figure),
            goal.TextOf(row),
            goal.In(row) is null ? "**missed: no figure**"
            : goal.IsMetBy(row) ? "met"
            : "**missed**",
        ];
}
