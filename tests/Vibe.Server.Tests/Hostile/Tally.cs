using System.Collections.Concurrent;
using System.Text;

namespace Vibe.Server.Tests.Hostile;

/// <summary>Counts answers by door and class of input, keeps what is wrong, and prints a table.</summary>
internal sealed class Tally
{
    private readonly ConcurrentDictionary<(string Class, string Door, string Word), int> _counts = new();
    private readonly ConcurrentDictionary<string, int> _flaws = new();

    public void Count(string kind, string door, Answer answer, string what, string? flaw)
    {
        _counts.AddOrUpdate((kind, door, answer.Word), 1, (_, count) => count + 1);
        if (flaw is not null)
            Blame(kind, door, what, flaw);
    }

    public void Blame(string kind, string door, string what, string flaw) =>
        _flaws.AddOrUpdate($"{kind} · {door} · {what}: {flaw}", 1, (_, count) => count + 1);

    public int Total => _counts.Values.Sum();

    public void Report(ITestOutputHelper output)
    {
        var table = new StringBuilder($"{Total} calls\n");
        foreach (var row in _counts.GroupBy(pair => (pair.Key.Class, pair.Key.Door)).OrderBy(row => row.Key))
            table.AppendLine(
                $"{row.Key.Class, -34} {row.Key.Door, -14} {row.Sum(pair => pair.Value), 6}  "
                    + string.Join(
                        ", ",
                        row.OrderByDescending(pair => pair.Value).Select(pair => $"{pair.Key.Word} {pair.Value}")
                    )
            );
        output.WriteLine(table.ToString());
        Assert.True(
            _flaws.IsEmpty,
            $"{_flaws.Count} kinds of flaws:\n{string.Join('\n', _flaws.Keys.Order(StringComparer.Ordinal).Take(200))}"
        );
    }
}
