using System.Globalization;
using System.Runtime.InteropServices;

namespace Vibe.Load.Reports;

/// <summary>What figures were taken on, and nothing that would tell whose it is.</summary>
internal sealed record Machine
{
    /// <summary>How many processors there are.</summary>
    public required int Processors { get; init; }

    /// <summary>What they are.</summary>
    public string? Processor { get; init; }

    /// <summary>How much memory there is, in MiB.</summary>
    public long? Memory { get; init; }

    public required string System { get; init; }
    public required string Kernel { get; init; }

    /// <summary>The .NET that both servers and the generator run on.</summary>
    public required string Runtime { get; init; }

    public static Machine Here { get; } =
        new()
        {
            Processors = Environment.ProcessorCount,
            Processor = Field("/proc/cpuinfo", "model name"),
            Memory = Kibibytes(Field("/proc/meminfo", "MemTotal")) >> 10,
            System = RuntimeInformation.OSDescription,
            Kernel = $"Linux {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}",
            Runtime = RuntimeInformation.FrameworkDescription,
        };

    private static long? Kibibytes(string? field) =>
        field is null ? null : long.Parse(field.Split(' ')[0], CultureInfo.InvariantCulture);

    private static string? Field(string file, string name) =>
        File.Exists(file)
            ? File.ReadLines(file)
                .Where(line => line.StartsWith(name, StringComparison.Ordinal))
                .Select(line => line[(line.IndexOf(':') + 1)..].Trim())
                .FirstOrDefault()
            : null;
}
