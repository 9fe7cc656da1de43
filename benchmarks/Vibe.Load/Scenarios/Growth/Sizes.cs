namespace Vibe.Load.Scenarios.Growth;

/// <summary>The sizes at which cost is measured to see it grow: each is ten times the one before.</summary>
internal static class Sizes
{
    private const int WhenQuick = 2;

    /// <summary>Gives those that were asked for; where there are none, it is said.</summary>
    public static int[] Of(Bench bench, string workload, int first, int last)
    {
        var sizes = Decades(first, Math.Min(last, bench.Options.Largest)).ToArray();
        if (sizes.Length == 0)
            bench.Skip(workload, $"the smallest size is {first:n0}.");
        return bench.Options.IsQuick ? [.. sizes.Take(WhenQuick)] : sizes;
    }

    private static IEnumerable<int> Decades(int first, int last)
    {
        for (var size = first; size <= last; size *= 10)
            yield return size;
    }
}
