using System.Collections.Concurrent;
using System.Diagnostics;
using Vibe.Testing;

namespace Vibe.Stress;

/// <summary>How soon a write is with somebody who follows, how soon a server answers, and what it holds when idle.</summary>
internal static class Latency
{
    public static async Task RunAsync(Run run)
    {
        await WriteToSubscriberAsync(run, run.Count ?? 1000);
        await StartAsync(run);
    }

    private static async Task WriteToSubscriberAsync(Run run, int writes)
    {
        await using var server = await VibeServer.StartAsync(run.Engine);
        var alice = await server.PersonAsync("alice");
        var arrived = new ConcurrentDictionary<string, long>();
        using var arrival = new SemaphoreSlim(0);
        await using var tail = await Tail.StartAsync(
            alice.Own.Sync,
            Documents.Collection,
            page =>
            {
                foreach (var change in page.Changes)
                    arrived[change.DocumentId] = Stopwatch.GetTimestamp();
                if (page.Changes.Count > 0)
                    arrival.Release();
            }
        );
        var (fromCall, acknowledged) = (new List<TimeSpan>(), new List<TimeSpan>());
        for (var n = -100; n < writes; n++)
        {
            var called = Stopwatch.GetTimestamp();
            await alice.Own.CreateAsync($"d{n}", $$"""{"n":{{n}}}""");
            var returned = Stopwatch.GetTimestamp();
            if (!await arrival.WaitAsync(TimeSpan.FromSeconds(10)))
                run.Expect(false, $"d{n} did not arrive");
            if (n < 0)
                continue;
            fromCall.Add(Stopwatch.GetElapsedTime(called, arrived[$"d{n}"]));
            acknowledged.Add(Stopwatch.GetElapsedTime(called, returned));
        }
        Run.PrintTimes("write called to subscriber", fromCall);
        Run.PrintTimes("write called to acknowledged", acknowledged);
    }

    private static async Task StartAsync(Run run)
    {
        await using var prepared = await VibeServer.StartAsync(run.Engine);
        var times = new List<TimeSpan>();
        for (var round = 0; round < 3; round++)
        {
            var clock = Stopwatch.StartNew();
            await using var server = await ServerProcess.StartAsync(prepared);
            times.Add(clock.Elapsed);
            await Task.Delay(TimeSpan.FromSeconds(3));
            Console.WriteLine(
                $"started in {times[^1].TotalMilliseconds:f0} ms, idle {server.ResidentMiB} MiB resident"
            );
        }
        Run.PrintTimes("process start to first answer", times);
    }

    /// <summary>A program as it was built, beside this one.</summary>
    public static string Built(string project, string file)
    {
        var mine = AppContext.BaseDirectory.TrimEnd('/').Split('/');
        return Path.Combine(string.Join('/', mine[..^2]), project, mine[^1], file);
    }
}
