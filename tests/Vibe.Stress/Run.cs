using System.Globalization;
using Vibe.Testing;

namespace Vibe.Stress;

/// <summary>What was asked for, and what was found.</summary>
internal sealed class Run
{
    private static readonly string[] Numbers = ["--count", "--seed", "--rate", "--streams", "--restarts", "--calm"];

    private readonly IReadOnlyDictionary<string, string> _options;
    private int _violations;

    private Run(Engine engine, IReadOnlyDictionary<string, string> options)
    {
        (Engine, _options) = (engine, options);
        Seed = Number("--seed") ?? Random.Shared.Next();
        Random = new Random(Seed);
    }

    public Engine Engine { get; }

    /// <summary>How many documents, or rounds, where it is not the scenario's own number.</summary>
    public int? Count => Number("--count");

    public int Seed { get; }

    /// <summary>The command line, for scenarios that start it.</summary>
    public string? Vibe => _options.GetValueOrDefault("--vibe");

    /// <summary>Whether servers are killed where they would else be told to stop.</summary>
    public bool Kills => _options.ContainsKey("--kill");

    public Random Random { get; }

    public int Violations => _violations;

    public static Run? From(string[] args)
    {
        var options = new Dictionary<string, string>();
        for (var i = 0; i < args.Length; i++)
            if (args[i] == "--kill")
                options[args[i]] = "";
            else if (i + 1 < args.Length && Numbers.Contains(args[i]) && IsNumber(args[i + 1]))
                options[args[i]] = args[++i];
            else if (i + 1 < args.Length && args[i] is "--engine" or "--vibe")
                options[args[i]] = args[++i];
            else
                return null;
        return Enum.TryParse<Engine>(options.GetValueOrDefault("--engine"), true, out var engine)
            ? new Run(engine, options)
            : null;
    }

    /// <summary>What was given for an option that takes a number.</summary>
    public int? Number(string option) =>
        _options.TryGetValue(option, out var given) ? int.Parse(given, CultureInfo.InvariantCulture) : null;

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

    private static bool IsNumber(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static double At(TimeSpan[] sorted, double share) =>
        sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)].TotalMilliseconds;
}
