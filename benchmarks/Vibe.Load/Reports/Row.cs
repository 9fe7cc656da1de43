using Vibe.Load.Measures;
using Vibe.Load.Scenarios;

namespace Vibe.Load.Reports;

/// <summary>A case of a workload: the figures of each run, on both sides, in the order in which they were taken.</summary>
internal sealed record Row
{
    public required string Workload { get; init; }
    public required string Engine { get; init; }
    public required string Case { get; init; }

    /// <summary>Of how many documents, followers or spaces the case is one, where it is measured how cost grows.</summary>
    public int? Size { get; init; }

    /// <summary>What made the load.</summary>
    public required string Generator { get; init; }

    public required IReadOnlyList<Sample> Vibe { get; init; }

    /// <summary>Empty where nothing does the same.</summary>
    public required IReadOnlyList<Sample> Twin { get; init; }

    /// <summary>Ours to the twin's, run by run: what disturbed one run disturbed, mostly, both sides of it.</summary>
    public Spread? Ratio(Figure figure)
    {
        var ratios = Vibe.Zip(Twin, (ours, theirs) => figure.Of(ours) / figure.Of(theirs)).OfType<double>().ToArray();
        return ratios.Length == 0 ? null : Spread.Of(ratios);
    }

    /// <summary>Ours alone.</summary>
    public Spread? Own(Figure figure) => figure.Of(Vibe);

    /// <summary>Whether a row of another report is about the same, and measured in the same way.</summary>
    public bool IsSameCaseAs(Row other) =>
        (Workload, Engine, Case, Size, Generator)
        == (other.Workload, other.Engine, other.Case, other.Size, other.Generator);

    /// <summary>How a case is called.</summary>
    public static string TitleOf(string workload, string name, int? size) =>
        size is null ? $"{workload} {name}" : $"{workload} {name}, {size:n0}";

    public override string ToString() => TitleOf($"{Workload} {Engine.ToLowerInvariant()},", Case, Size);
}
