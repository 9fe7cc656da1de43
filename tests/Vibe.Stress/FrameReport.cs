using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Vibe.Testing.Http2;

namespace Vibe.Stress;

/// <summary>What a process used in some time.</summary>
/// <param name="Cpu">Processor time, in seconds.</param>
/// <param name="Took">The time, in seconds.</param>
/// <param name="GrownMiB">How much more it had in memory at most than when it began.</param>
internal sealed record Usage(double Cpu, double Took, long GrownMiB)
{
    /// <summary>What it used beyond what it uses anyway.</summary>
    public Usage Beyond(Usage calm) => this with { Cpu = Math.Max(0, Cpu - (calm.Cpu / calm.Took * Took)) };
}

/// <summary>Measures a process, by the operating system.</summary>
internal sealed class Meter(int id)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _cpu = CpuOf(id);
    private long _memory = MemoryOf(id);
    private long _most;

    /// <summary>What it used since it was asked the last time.</summary>
    public Usage Take()
    {
        var (cpu, memory, took) = (CpuOf(id), MemoryOf(id), _clock.Elapsed);
        var usage = new Usage((cpu - _cpu).TotalSeconds, took.TotalSeconds, (Math.Max(_most, memory) - _memory) >> 20);
        (_cpu, _memory, _most) = (cpu, memory, 0);
        _clock.Restart();
        return usage;
    }

    /// <summary>Looks again and again at how much memory it has.</summary>
    public async Task WatchAsync(CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            _most = Math.Max(_most, MemoryOf(id));
            await Task.Delay(50, CancellationToken.None);
        }
    }

    private static TimeSpan CpuOf(int id)
    {
        using var process = Process.GetProcessById(id);
        return process.TotalProcessorTime;
    }

    private static long MemoryOf(int id)
    {
        using var process = Process.GetProcessById(id);
        return process.WorkingSet64;
    }
}

/// <summary>What came of readers that do not read.</summary>
/// <param name="Answered">How many were answered.</param>
/// <param name="First">When the first of them was ended.</param>
/// <param name="Last">When all of them were; null while one is open.</param>
internal sealed record StalledOutcome(int Answered, TimeSpan? First, TimeSpan? Last);

/// <summary>One kind of hostility: what became of it, what it cost, and what the client beside it saw.</summary>
internal sealed record FrameRow(string Kind, string About, Neighbour.Figures Before)
{
    public FloodOutcome? Flood { get; init; }
    public StalledOutcome? Stalled { get; init; }
    public Neighbour.Figures During { get; init; } = Before;
    public Usage? Server { get; init; }
    public Usage? Envoy { get; init; }

    /// <summary>What Envoy says it did, by the names of its counters.</summary>
    public IReadOnlyDictionary<string, long> Guards { get; init; } = new Dictionary<string, long>();

    /// <summary>When it was ended, and how.</summary>
    public string Fate =>
        Flood is { How: { } how, TimeToCut: { } time, FramesToCut: { } frames }
            ? $"{how} after {Number(time.TotalMilliseconds)} ms, {Number(frames)} frames"
        : Flood is { IsHeldUp: true } ? "held up"
        : Flood is not null ? "not cut"
        : Stalled is { Last: { } last } ? $"first {Stalled.First?.TotalSeconds:f1} s, all {last.TotalSeconds:f1} s"
        : "not all ended";

    public static string Number(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Processor time, in milliseconds: of a flood for 100,000 frames.</summary>
    public string Cost(Usage? usage) =>
        usage is null ? ""
        : Flood is { Frames: > 0 } flood ? Number(usage.Cpu / flood.Frames * 100_000_000)
        : Number(usage.Cpu * 1000);

    public override string ToString() =>
        $"{Kind, -18} {Fate}; {Number(Flood?.Frames ?? 0)} frames on {Flood?.Connections ?? 0} connections in {Flood?.Took.TotalSeconds:f1} s; "
        + $"server {Cost(Server)} ms CPU, {Server?.GrownMiB:+0;-0;0} MiB"
        + (Envoy is null ? "" : $"; Envoy {Cost(Envoy)} ms CPU, {Envoy.GrownMiB:+0;-0;0} MiB")
        + $"; read p50 {Before.P50:f1} > {During.P50:f1}, p99 {Before.P99:f1} > {During.P99:f1}, max {During.Most:f0} ms, "
        + $"delivery p99 {Before.DeliveryP99:f1} > {During.DeliveryP99:f1} ms, {During.Reads} reads, {During.Failures.Length} failed"
        + string.Concat(During.Failures.Distinct().Take(3).Select(failure => $" ({failure})"))
        + string.Concat(Guards.Select(guard => $"; {guard.Key} {guard.Value}"));
}

/// <summary>All rows of a way to the server, and the table that the page about floods has of them.</summary>
internal sealed record FrameReport(string Way, List<FrameRow> Rows)
{
    /// <summary>Puts the table into a page, in the place of the one that is there.</summary>
    /// <exception cref="InvalidDataException">The page has no place for it.</exception>
    public async Task WriteIntoAsync(string page)
    {
        var (begin, end) = ($"<!-- frames {Way} -->\n", $"<!-- frames {Way} end -->");
        var text = await File.ReadAllTextAsync(page);
        var (from, to) = (text.IndexOf(begin, StringComparison.Ordinal), text.IndexOf(end, StringComparison.Ordinal));
        if (from < 0 || to < from)
            throw new InvalidDataException($"{page} has no '{begin.Trim()}' and '{end}'.");
        await File.WriteAllTextAsync(page, $"{text[..(from + begin.Length)]}{ToMarkdown()}{text[to..]}");
    }

    private string ToMarkdown()
    {
        var text = new StringBuilder(
            $"\n{Environment.ProcessorCount} processors, {RuntimeInformation.FrameworkDescription}.\n"
        );
        Table(
            text,
            Rows.Where(row => row.Flood is not null),
            ["flood", "sent", "ended", "ms CPU for 100,000", "MiB more", "p50 · p99 ms before", "while", "failed"]
        );
        Table(
            text,
            Rows.Where(row => row.Stalled is not null),
            ["readers", "answered", "ended", "ms CPU", "MiB more", "p50 · p99 ms before", "while", "failed"]
        );
        return text.Append('\n').ToString();
    }

    private void Table(StringBuilder text, IEnumerable<FrameRow> rows, string[] heads)
    {
        if (!rows.Any())
            return;
        text.Append('\n').Append("| ").AppendJoin(" | ", heads).Append(" |\n|");
        foreach (var _ in heads)
            text.Append("---|");
        text.Append('\n');
        foreach (var row in rows)
            text.Append($"| `{row.Kind}`: {row.About} | ")
                .Append(row.Flood is { } flood ? FrameRow.Number(flood.Frames) : $"{row.Stalled!.Answered}")
                .Append($" | {row.Fate} | {Both(row.Cost(row.Server), row.Cost(row.Envoy))} | ")
                .Append($"{Both($"{row.Server?.GrownMiB}", $"{row.Envoy?.GrownMiB}")} | ")
                .Append($"{Times(row.Before)} | {Times(row.During)} | {row.During.Failures.Length} |\n");
    }

    private string Both(string server, string envoy) => Way == "envoy" ? $"{envoy} + {server}" : server;

    private static string Times(Neighbour.Figures figures) =>
        FormattableString.Invariant($"{figures.P50:f1} · {figures.P99:f1}");
}
