using System.Globalization;
using Vibe.Load.Measures;
using Vibe.Load.Reports;

namespace Vibe.Load.Scenarios;

/// <summary>What is wanted of a figure.</summary>
/// <param name="Figure">Which one.</param>
/// <param name="Bound">The ratio to the limit's figure in the same run, or the figure itself; none where it is only told.</param>
/// <param name="AtMost">Whether more is worse.</param>
internal sealed record Goal(Figure Figure, double? Bound, bool AtMost = false)
{
    /// <summary>Whether the figure itself is meant, in its unit, whatever the limit's is.</summary>
    public bool IsAbsolute { get; init; }

    /// <summary>A word in the name of the cases that are meant; all of them without it.</summary>
    public string? Cases { get; init; }

    /// <summary>Wants a figure itself to be no more than so much, in its unit.</summary>
    public static Goal Within(Figure figure, double most) => new(figure, most, AtMost: true) { IsAbsolute = true };

    public bool IsFor(string name) => Cases is null || name.Contains(Cases, StringComparison.Ordinal);

    /// <summary>Gives what the goal is about, where the row has it.</summary>
    public Spread? In(Row row) => IsAbsolute ? row.Own(Figure) : row.Ratio(Figure);

    /// <summary>Whether the middle of the runs is what is wanted; without a figure it is not.</summary>
    public bool IsMetBy(Row row) => In(row) is { } figure && Holds(figure.Median);

    private bool Holds(double figure) => Bound is not { } bound || (AtMost ? figure <= bound : figure >= bound);

    public string Text(Spread? figure) =>
        figure is not null && IsAbsolute ? $"{Cells.Ratio(figure)} {Figure.Unit()}" : Cells.Ratio(figure);

    /// <summary>What the goal is about as it stands in tables; where that is the figure itself, the ratio stands behind it.</summary>
    public string TextOf(Row row) =>
        IsAbsolute && row.Ratio(Figure) is { } ratio ? $"{Text(In(row))}, × {Cells.Ratio(ratio)}" : Text(In(row));

    public override string ToString() =>
        Bound is null
            ? $"{Figure.Text()}, no goal"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{Figure.Text()} {(AtMost ? '≤' : '≥')} {Bound}{(IsAbsolute ? " " + Figure.Unit() : AtMost ? "×" : "")}"
            );
}
