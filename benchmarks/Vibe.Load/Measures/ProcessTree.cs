using System.Globalization;

namespace Vibe.Load.Measures;

/// <summary>Reads what processes use from <c>/proc</c>.</summary>
internal static class ProcessTree
{
    // What the kernel counts processor time in towards programs, on every architecture that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>Gives the processor time of a process.</summary>
    public static TimeSpan Cpu(int process) => Time(Fields(process), 13, 14);

    /// <summary>Gives the processor time of those of a process's threads that have a name.</summary>
    public static TimeSpan CpuOfThreads(int process, string name)
    {
        var sum = TimeSpan.Zero;
        foreach (var thread in Directory.EnumerateDirectories($"/proc/{process}/task"))
        {
            try
            {
                var text = File.ReadAllText($"{thread}/stat");
                if (text.Contains($"({name})", StringComparison.Ordinal))
                    sum += Time(FieldsOf(text), 13, 14);
            }
            catch (IOException)
            {
                // It has ended since it was listed.
            }
        }
        return sum;
    }

    /// <summary>Gives the processor time of a process with all its children, those that have ended included.</summary>
    public static TimeSpan CpuWithChildren(int process) =>
        Time(Fields(process), 13, 14, 15, 16)
        + Children(process).Aggregate(TimeSpan.Zero, (sum, child) => sum + Time(TryFields(child), 13, 14));

    /// <summary>Gives the resident memory of a process.</summary>
    public static long Memory(int process) => Status(process, "VmRSS:");

    /// <summary>Gives the most that was ever resident of a process.</summary>
    public static long PeakMemory(int process) => Status(process, "VmHWM:");

    /// <summary>Gives what a process and its children hold each for itself: what they share would be counted each time.</summary>
    public static long MemoryWithChildren(int process) =>
        Children(process).Append(process).Sum(each => Status(each, "RssAnon:"));

    private static int[] Children(int process) =>
        [
            .. File.ReadAllText($"/proc/{process}/task/{process}/children")
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(child => int.Parse(child, CultureInfo.InvariantCulture)),
        ];

    /// <summary>Gives the parent of a process.</summary>
    public static int Parent(int process) => int.Parse(Fields(process)[3], CultureInfo.InvariantCulture);

    private static TimeSpan Time(string[] fields, params int[] places) =>
        TimeSpan.FromSeconds(
            fields.Length == 0
                ? 0
                : places.Sum(place => long.Parse(fields[place], CultureInfo.InvariantCulture)) / TicksPerSecond
        );

    private static string[] Fields(int process) => FieldsOf(File.ReadAllText($"/proc/{process}/stat"));

    // The name, which is in brackets, may hold blanks; it gives way to a word without.
    private static string[] FieldsOf(string stat) => ["", "", .. stat[(stat.LastIndexOf(')') + 2)..].Split(' ')];

    // A child may have ended since it was listed; its parent then counts its time.
    private static string[] TryFields(int process)
    {
        try
        {
            return Fields(process);
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static long Status(int process, string name)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status")
                .FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
            return line is null
                ? 0
                : long.Parse(
                    line[name.Length..].Replace("kB", "", StringComparison.Ordinal),
                    CultureInfo.InvariantCulture
                ) << 10;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
