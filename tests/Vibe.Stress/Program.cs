using System.Diagnostics;
using Vibe.Stress;

// Runs one scenario under load, prints its figures, and ends with 1 where a promise was broken.
var scenarios = new Dictionary<string, Func<Run, Task>>
{
    ["writers"] = Writers.RunAsync,
    ["revoke"] = Revocations.RunAsync,
    ["flood"] = Floods.RunAsync,
    ["latency"] = Latency.RunAsync,
    ["kills"] = Kills.RunAsync,
    ["stalled"] = Stalled.RunAsync,
    ["rolling"] = Rolling.RunAsync,
};
if (args is ["hostile-app", var address])
{
    await Floods.RunAppAsync(address);
    return 0;
}
if (args is ["hostile-frames", .. var flood])
{
    await Frames.FloodAsync(flood);
    return 0;
}
if (args is ["frames", .. var given])
    return await Frames.RunAsync(given).WaitAsync(TimeSpan.FromMinutes(30));
if (args is not [var name, ..] || !scenarios.TryGetValue(name, out var scenario) || Run.From(args[1..]) is not { } run)
{
    await Console.Error.WriteLineAsync(
        $"""
        usage: {string.Join('|', scenarios.Keys)} --engine sqlite|postgres [--count N] [--seed N] [--vibe PATH]
               rolling: [--rate CALLS-A-SECOND] [--streams N] [--restarts N] [--calm SECONDS-BETWEEN-THEM] [--kill]
               {Frames.Usage}
        """
    );
    return 2;
}
Console.WriteLine($"{name} on {run.Engine}, seed {run.Seed}");
var clock = Stopwatch.StartNew();
await scenario(run).WaitAsync(TimeSpan.FromMinutes(15));
Console.WriteLine($"{run.Violations} violations in {clock.Elapsed.TotalSeconds:f1} s");
return run.Violations == 0 ? 0 : 1;
