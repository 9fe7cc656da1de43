using System.Diagnostics;
using System.Globalization;
using Vibe.Proof.Mutants;

namespace Vibe.Proof.Runs;

/// <summary>Says what runs came to.</summary>
internal static class Printing
{
    private static readonly Stopwatch Since = Stopwatch.StartNew();
    private static long _next = 30;

    /// <summary>Tells every half minute how far a run is.</summary>
    public static void Progress(int histories)
    {
        var next = Interlocked.Read(ref _next);
        var now = (long)Since.Elapsed.TotalSeconds;
        if (now < next || Interlocked.CompareExchange(ref _next, now + 30, next) != next)
            return;
        Console.Error.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"  {histories:n0} histories after {now} s")
        );
    }

    public static void Print(Report report)
    {
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{report.Proof} on {report.Order.Engine}: {report.Histories:n0} histories from seed {report.Order.Seed} in {report.Elapsed.TotalSeconds:f1} s"
            )
        );
        foreach (var (what, count) in report.Coverage.OrderBy(each => each.Key, StringComparer.Ordinal))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {count, 12:n0}  {what}"));
        Console.WriteLine(report.Violation is null ? "  no violation" : $"VIOLATION {report.Violation}");
    }

    /// <summary>Says what became of a mutant, and what gave it away, which must be what the mutant does wrong.</summary>
    public static void Print(Kill kill)
    {
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{kill.Mutant.Name} on {kill.Report.Order.Engine}: {(kill.IsKilled ? $"killed after {kill.Report.FoundAfter}" : $"SURVIVED {kill.Report.Histories}")} in {kill.Report.Elapsed.TotalSeconds:f1} s"
            )
        );
        foreach (var line in (kill.Report.Violation ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries).Take(4))
            Console.WriteLine($"    {(line.Length > 400 ? line[..400] + "…" : line)}");
    }

    /// <summary>The table of mutants and how many histories each lived.</summary>
    public static void Print(IReadOnlyCollection<Kill> kills)
    {
        Console.WriteLine();
        Console.WriteLine("| proof | rule | mutant | histories until caught |");
        Console.WriteLine("|---|---|---|---|");
        foreach (var group in kills.GroupBy(kill => kill.Mutant))
        {
            var after = string.Join(
                ", ",
                group.Select(kill =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{kill.Report.Order.Engine} {(kill.IsKilled ? kill.Report.FoundAfter : $"SURVIVED {kill.Report.Histories}")}"
                    )
                )
            );
            Console.WriteLine($"| {group.Key.Proof} | {group.Key.Rule} | {group.Key.Name} | {after} |");
        }
        Console.WriteLine($"{kills.Count(kill => kill.IsKilled)} of {kills.Count} killed");
    }
}
