using Vibe.Load.Reports;
using Vibe.Load.Scenarios;

namespace Vibe.Load.Publishing;

/// <summary>The clients beside the code that is generated for their languages.</summary>
internal static class ClientSection
{
    public static void Write(Markdown page, Evidence evidence)
    {
        if (evidence.OfClients.Count == 0)
            return;
        page.Heading(2, "Clients");
        page.Block(
            """
            What a client costs beside the code that is generated for its language, used alone on a plain channel by the same loop
            against the same server. Ratios are times, processor time where the writer bounds the rate (*live*), memory where documents
            are held; below 1 our client takes less.
            """
        );
        foreach (var client in Workloads.Clients)
            if (evidence.OfClients.Where(row => row.Workload == client.Id).ToArray() is { Length: > 0 } rows)
            {
                page.Heading(3, client.What);
                page.Table(
                    [
                        "case",
                        .. client.Columns.SelectMany(column => new[] { column.Title, client.Beside }),
                        "ratio",
                        "goal",
                    ],
                    rows.Select(row => Line(client, row))
                );
            }
        page.Block("What is above its goal is explained in [the account](../benchmarks/account.md).");
    }

    private static string[] Line(Workload client, Row row)
    {
        var goal = client.GoalsOf(row.Case).First();
        return
        [
            row.Case,
            .. client.Columns.SelectMany(column => new[] { column.Cell(row.Vibe), column.Cell(row.Twin) }),
            goal.Text(goal.In(row)),
            goal.Bound is null ? "–"
            : goal.IsMetBy(row) ? $"{goal}, met"
            : $"{goal}, **missed**",
        ];
    }
}
