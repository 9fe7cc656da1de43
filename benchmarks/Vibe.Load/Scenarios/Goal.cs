using System.Globalization;

namespace Vibe.Load.Scenarios;

/// <summary>How a figure shall stand to the limit's figure in the same run.</summary>
/// <param name="Figure">Which one.</param>
/// <param name="Ratio">The ratio that is wanted.</param>
/// <param name="AtMost">Whether more is worse.</param>
internal sealed record Goal(Figure Figure, double Ratio, bool AtMost = false)
{
    public bool Holds(double ratio) => AtMost ? ratio <= Ratio : ratio >= Ratio;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Figure.Text()} {(AtMost ? '≤' : '≥')} {Ratio}");
}
