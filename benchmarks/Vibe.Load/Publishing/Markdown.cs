using System.Text;

namespace Vibe.Load.Publishing;

/// <summary>A page as it grows.</summary>
internal sealed class Markdown
{
    private readonly StringBuilder _text = new();

    public void Heading(int level, string text) => Block($"{new string('#', level)} {text}");

    /// <summary>Adds a paragraph, or anything else that stands by itself.</summary>
    public void Block(string text) =>
        _text.Append(_text.Length == 0 ? "" : "\n").Append(text.ReplaceLineEndings("\n")).Append('\n');

    public void List(IEnumerable<string> points) => Block(string.Join('\n', points.Select(point => $"* {point}")));

    public void Code(IEnumerable<string> lines) => Block($"```\n{string.Join('\n', lines)}\n```");

    /// <summary>Adds a table; the first column holds words, the others what is said of it.</summary>
    public void Table(IReadOnlyList<string> titles, IEnumerable<IReadOnlyList<string>> lines) =>
        Block(
            string.Join(
                '\n',
                new[] { titles, [.. titles.Select(_ => "---")] }
                    .Concat(lines)
                    .Select(cells =>
                        $"| {string.Join(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))} |"
                    )
            )
        );

    public override string ToString() => _text.ToString();
}
