using System.Text;
using Vibe.Cases.Raw;
using Vibe.Cases.Runners;
using Vibe.Cases.Scenarios;
using Vibe.Cases.Worlds;

namespace Vibe.Cases.Playing;

/// <summary>What came of scenarios in every language: the table of parity.</summary>
internal sealed class Matrix(IReadOnlyList<string> kinds)
{
    private readonly SortedDictionary<string, Row> _rows = new(StringComparer.Ordinal);
    private static readonly string?[] NoFault = [null];

    private readonly Lock _lock = new();

    /// <summary>How many were played, and how many went wrong.</summary>
    public (int Played, int Wrong) Count
    {
        get
        {
            lock (_lock)
                return (
                    _rows.Values.Sum(row => row.Cells.Count),
                    _rows.Values.Sum(row => row.Cells.Values.Count(cell => cell.Wrong is not null))
                );
        }
    }

    /// <summary>Plays scenarios with one kind of runner, one after another.</summary>
    /// <param name="kind">The runner, a column of the table.</param>
    /// <param name="start">Starts it, and again after it has ended.</param>
    /// <param name="scenarios">The scenarios.</param>
    /// <param name="servers">Where live servers come from.</param>
    /// <param name="isSabotaged">Whether each is played with its faults, which must turn it red, and not as it is.</param>
    /// <param name="told">Hears what came of each.</param>
    public async Task PlayAsync(
        string kind,
        Func<Task<Runner>> start,
        IEnumerable<Scenario> scenarios,
        LiveServers servers,
        bool isSabotaged,
        Action<string, string, string?> told
    )
    {
        var runner = await start();
        try
        {
            foreach (var scenario in scenarios)
            foreach (var fault in isSabotaged ? (IReadOnlyList<string?>)scenario.Sabotage : NoFault)
            {
                string? wrong;
                try
                {
                    wrong = await Play.RunAsync(scenario, runner, servers, fault);
                    if (isSabotaged)
                        wrong = wrong is null ? $"nothing noticed the fault '{fault}'" : null;
                }
                catch (ScenarioException misspelt)
                {
                    wrong = misspelt.Message;
                }
                catch (RunnerException gone)
                {
                    wrong = gone.Message;
                    await runner.DisposeAsync();
                    runner = await start();
                }
                var difference = isSabotaged ? null : Difference.Of(scenario.Name, kind);
                if (difference is not null)
                    wrong = difference.Judge(wrong);
                var name = fault is null ? scenario.Name : $"{scenario.Name} ({fault})";
                lock (_lock)
                {
                    if (!_rows.TryGetValue(name, out var row))
                        _rows[name] = row = new(scenario.About, []);
                    row.Cells[kind] = new Cell(wrong, difference);
                }
                told(name, kind, wrong);
            }
        }
        finally
        {
            await runner.DisposeAsync();
        }
    }

    /// <summary>Writes the table in Markdown.</summary>
    public string ToMarkdown()
    {
        var table = new StringBuilder("| scenario | what holds |");
        foreach (var kind in kinds)
            table.Append($" {kind} |");
        table.Append("\n|---|---|").Insert(table.Length, "---|", kinds.Count).Append('\n');
        foreach (var (name, row) in _rows)
        {
            table.Append($"| `{name}` | {row.About} |");
            foreach (var kind in kinds)
                table.Append(
                    row.Cells.TryGetValue(kind, out var cell)
                        ? cell switch
                        {
                            { Wrong: not null } => " ✗ |",
                            { Difference: { } difference } => $" [{difference.Name}](#{difference.Name}) |",
                            _ => " ✓ |",
                        }
                        : " – |"
                );
            table.Append('\n');
        }
        return table.ToString();
    }

    private sealed record Row(string About, Dictionary<string, Cell> Cells);

    private sealed record Cell(string? Wrong, Difference? Difference);
}
