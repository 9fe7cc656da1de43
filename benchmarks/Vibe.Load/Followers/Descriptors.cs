namespace Vibe.Load.Followers;

/// <summary>How many files and connections a process may hold open here.</summary>
internal static class Descriptors
{
    private const int ForItself = 500;

    private static readonly int Most = File.ReadLines("/proc/self/limits")
        .Where(line => line.StartsWith("Max open files", StringComparison.Ordinal))
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3])
        .Select(soft => int.TryParse(soft, out var most) ? most : int.MaxValue)
        .Single();

    public static string Reason { get; } = $"a process may hold {Most} descriptors here (ulimit -n).";

    public static bool Suffice(int connections) => connections + ForItself <= Most;
}
