using System.Globalization;
using Vibe.Testing;

namespace Vibe.Stress;

/// <summary>What was asked for, and what was found.</summary>
internal sealed class Run
{
    private int _violations;

    private Run(Engine engine, int? count, int seed, string? vibe) =>
        (Engine, Count, Seed, Vibe, Random) = (engine, count, seed, vibe, new Random(seed));

    public Engine Engine { get; }

    /// <summary>How many documents, or rounds, where it is not the scenario's own number.</summary>
    public int? Count { get; }

    public int Seed { get; }

    /// <summary>The command line, for scenarios that start it.</summary>
    public string? Vibe { get; }

    public Random Random { get; }

    public int Violations => _violations;

    public static Run? From(string[] args)
    {
        var options = new Dictionary<string, string>();
        for (var i = 0; i + 1 < args.Length; i += 2)
            options[args[i]] = args[i + 1];
        if (args.Length % 2 != 0 || !Enum.TryParse<Engine>(options.GetValueOrDefault("--engine"), true, out var engine))
            return null;
        var count = options.GetValueOrDefault("--count");
        var seed = options.GetValueOrDefault("--seed");
        return new Run(
            engine,
            count is null ? null : int.Parse(count, CultureInfo.InvariantCulture),
            seed is null ? Random.Shared.Next() : int.Parse(seed, CultureInfo.InvariantCulture),
            options.GetValueOrDefault("--vibe")
        );
    }

    /// <summary>Notes a broken promise unless it holds.</summary>
    public void Expect(bool holds, string otherwise)
    {
        if (holds)
            return;
        if (Interlocked.Increment(ref _violations) <= 20)
            Console.WriteLine($"VIOLATION {otherwise}");
    }

    /// <summary>Prints the middle, the tail and the worst of some durations.</summary>
    public static void PrintTimes(string what, IEnumerable<TimeSpan> times)
    {
        var sorted = times.Order().ToArray();
        Console.WriteLine(
            $"{what}: p50 {At(sorted, 0.50):f2} ms, p99 {At(sorted, 0.99):f2} ms, max {At(sorted, 1):f2} ms, n {sorted.Length}"
        );
    }

    private static double At(TimeSpan[] sorted, double share) =>
        sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)].TotalMilliseconds;
}
