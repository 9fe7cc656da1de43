using Vibe.Load.Reports;
using Vibe.Load.Scenarios;

namespace Vibe.Load.Publishing;

/// <summary>How large a server must be for what it shall do, reckoned from what was measured.</summary>
internal static class SizingSection
{
    private const double MicrosecondsOfCore = 1_000_000;
    private const int Headroom = 2;
    private const int Gets = 1000;
    private const int Creates = 100;
    private const int FollowersOfEach = 20;

    private static readonly int[] Streams = [1000, 10_000, 100_000];

    private static readonly (string What, string Workload, string Case, string Kind)[] Work =
    [
        ("get", "P1", "32 in flight", "in flight"),
        ("create", "P2", "32 in flight", "in flight"),
        ("create in a batch of 100", "P3", "8 in flight", "in flight"),
        ("document caught up with", "P4", "1 at once, whole", "whole"),
        ("delivery to a follower", "P5", "1,000 followers, whole", "whole"),
    ];

    public static void Write(Markdown page, Evidence evidence)
    {
        if (evidence.Rows.All(row => row.Size is not null))
            return;
        page.Heading(2, "How to size a server");
        page.Block(
            """
            Take what a second brings, multiply each kind of work by its processor time, add it up: that is how many processors are
            busy. Plan for twice as many, since latencies grow long before all are busy, and since a backup, a restart with everybody
            coming back, and the gateway want some too. Documents here are of 1 KiB without TLS; measure with your own.
            """
        );
        if (evidence.Rows.Any(row => row.Size is not null))
            page.Block(
                "Where much is there already, multiply by what is said under [how cost grows](#how-cost-grows)."
            );
        foreach (var engine in evidence.Rows.GroupBy(row => row.Engine))
            Write(page, engine.Key, [.. engine]);
    }

    private static void Write(Markdown page, string engine, Row[] rows)
    {
        var costs = (
            from work in Work
            let row = Find(rows, work.Workload, work.Case, work.Kind)
            let each = row?.Own(Figure.Cpu)?.Median
            where each > 0
            select (work.What, Row: row, Each: each.Value)
        ).ToArray();
        var idle = Own(rows, "P13", Figure.IdleMemory);
        var stream = Own(rows, "P7", Figure.MemoryEach);
        if (costs.Length == 0 && idle is null && stream is null)
            return;
        page.Heading(3, Engines.TitleOf(engine));
        if (costs.Length > 0)
            page.Table(
                ["work", "measured as", "µs CPU each", "a second on one processor"],
                costs.Select(cost =>
                    (string[])
                        [
                            cost.What,
                            $"{cost.Row.Workload}, {cost.Row.Case}",
                            $"{cost.Each:f1}",
                            $"{MicrosecondsOfCore / cost.Each:n0}",
                        ]
                )
            );
        if (engine == "Postgres")
            page.Block("The processor time is that of Vibe and of PostgreSQL together, the memory that of Vibe alone.");
        WriteExample(page, costs.ToDictionary(cost => cost.What, cost => cost.Each));
        WriteMemory(page, idle, Own(rows, "P13", Figure.Memory), stream);
    }

    private static void WriteExample(Markdown page, Dictionary<string, double> costs)
    {
        if (
            !costs.TryGetValue("get", out var get)
            || !costs.TryGetValue("create", out var create)
            || !costs.TryGetValue("delivery to a follower", out var delivery)
        )
            return;
        var busy = (Gets * get + Creates * create + Creates * FollowersOfEach * delivery) / MicrosecondsOfCore;
        var planned = busy * Headroom;
        page.Block(
            $"""
            For example, {Gets:n0} gets and {Creates} creates a second, each create delivered to {FollowersOfEach} followers:
            {Gets:n0} × {get:f1} + {Creates} × {create:f1} + {Creates} × {FollowersOfEach} × {delivery:f1} µs = {busy:f2} processors busy, so plan for {planned:f2}.
            """
        );
    }

    private static void WriteMemory(Markdown page, double? idle, double? loaded, double? stream)
    {
        if (idle is { } rests)
            page.Block(
                $"Memory: {rests:n0} MiB before anybody asks"
                    + (loaded is { } busy ? $", {busy:n0} MiB after a load of gets" : "")
                    + (stream is { } more ? $", and {more:f1} KiB for each stream that is open and idle." : ".")
            );
        if ((loaded ?? idle) is { } served && stream is { } each)
            page.Table(
                ["streams", "MiB of the server"],
                Streams.Select(streams => (string[])[$"{streams:n0}", $"{served + streams * each / 1024:n0}"])
            );
    }

    private static double? Own(Row[] rows, string workload, Figure figure) =>
        rows.LastOrDefault(row => row.Workload == workload)?.Own(figure)?.Median;

    // A shorter run may not have the case.
    private static Row? Find(Row[] rows, string workload, string name, string kind)
    {
        var all = rows.Where(row => row.Workload == workload && row.Case.Contains(kind, StringComparison.Ordinal));
        return all.FirstOrDefault(row => row.Case == name) ?? all.LastOrDefault();
    }
}
