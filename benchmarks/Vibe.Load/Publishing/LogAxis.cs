namespace Vibe.Load.Publishing;

/// <summary>An axis of powers of ten, on which equal factors are equal lengths.</summary>
internal sealed class LogAxis
{
    private static readonly double[] Steps = [1, 2, 5];

    private readonly double _from;
    private readonly double _to;

    /// <summary>Makes an axis that holds all values, and a decade at least: what is nearly flat shall look so.</summary>
    public LogAxis(IReadOnlyList<double> values, bool isOfDecades)
    {
        var least = (int)Math.Floor(Math.Log10(values.Min())) - 1;
        var most = (int)Math.Ceiling(Math.Log10(values.Max())) + 1;
        var ticks = (
            from power in Enumerable.Range(least, most - least + 1)
            from step in isOfDecades ? [1] : Steps
            select step * Math.Pow(10, power)
        ).ToArray();
        var first = Array.FindLastIndex(ticks, tick => tick <= values.Min());
        var last = Array.FindIndex(ticks, tick => tick >= values.Max());
        for (var up = true; ticks[last] / ticks[first] < 9.99; up = !up)
            if ((up || first == 0) && last < ticks.Length - 1)
                last++;
            else
                first--;
        (_from, _to) = (Math.Log10(ticks[first]), Math.Log10(ticks[last]));
        Ticks = [.. ticks[first..(last + 1)].Where(tick => _to - _from <= 2.5 || IsPower(tick))];
    }

    /// <summary>What is written beside it.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>Where a value lies, from 0 to 1.</summary>
    public double Place(double value) => (Math.Log10(value) - _from) / (_to - _from);

    private static bool IsPower(double tick) => Math.Abs(Math.Log10(tick) - Math.Round(Math.Log10(tick))) < 1e-9;
}
