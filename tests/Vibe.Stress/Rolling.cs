using System.Diagnostics;
using Vibe.Testing;

namespace Vibe.Stress;

/// <summary>
/// Two replicas behind Envoy are restarted one after the other, told to stop or killed, while people call at a pace and follow
/// by the client of C#: no call fails, every stream goes on with nothing missing or twice, and what was acknowledged is there.
/// </summary>
internal static class Rolling
{
    public static async Task RunAsync(Run run)
    {
        if (run.Engine != Engine.Postgres)
            throw new ArgumentException("Replicas share their data in PostgreSQL (--engine postgres).");
        var (rate, streams) = (run.Number("--rate") ?? 200, run.Number("--streams") ?? 200);
        var (restarts, calm) = (run.Number("--restarts") ?? 4, TimeSpan.FromSeconds(run.Number("--calm") ?? 5));
        await using var servers = await ReplicaPair.StartAsync(streams);
        await using var crowd = await Crowd.GatherAsync(servers, streams);
        using var over = new CancellationTokenSource();
        var calling = Task.Run(() => CallAsync(crowd, rate, over.Token));
        // What is called for the first time is compiled.
        await Task.Delay(calm);
        crowd.ForgetLatencies();
        await Task.Delay(calm);

        for (var restart = 0; restart < restarts; restart++)
        {
            var clock = Stopwatch.StartNew();
            crowd.IsDisturbed = true;
            var replica = restart % servers.Count;
            if (run.Kills)
                await servers.KillAsync(replica);
            else
                run.Expect(await servers.StopAsync(replica) == 0, $"replica {replica} did not stop in order");
            var gone = clock.Elapsed;
            await servers.StartAgainAsync(replica);
            var back = clock.Elapsed;
            var missing = await crowd.MissingAsync();
            run.Expect(missing == 0, $"after restart {restart} {missing} writes have not come to who follows");
            Console.WriteLine(
                $"replica {replica} {(run.Kills ? "killed" : "stopped")} after {gone.TotalSeconds:f1} s, called again after "
                    + $"{back.TotalSeconds:f1} s; {Sum(crowd.Log.Resumed)} streams resumed so far, all have all writes "
                    + $"{(clock.Elapsed - back).TotalMilliseconds:f0} ms later"
            );
            crowd.IsDisturbed = false;
            await Task.Delay(calm);
        }
        await over.CancelAsync();
        await calling;
        await ReportAsync(run, crowd, streams);
    }

    // At moments that were fixed before, whether or not earlier calls have ended.
    private static async Task CallAsync(Crowd crowd, int rate, CancellationToken over)
    {
        var calls = new List<Task>();
        var first = Stopwatch.GetTimestamp();
        while (!over.IsCancellationRequested)
        {
            var due = first + calls.Count * Stopwatch.Frequency / rate;
            if (due > Stopwatch.GetTimestamp())
                await Task.Delay(TimeSpan.FromMilliseconds(1), CancellationToken.None);
            else
                calls.Add(crowd.CallAsync(calls.Count, due));
        }
        await Task.WhenAll(calls);
    }

    private static async Task ReportAsync(Run run, Crowd crowd, int streams)
    {
        var missing = await crowd.MissingAsync();
        var found = await crowd.FoundAsync();
        Console.WriteLine($"{crowd.Calls} calls of {crowd.People} people, {crowd.Failures.Count} failed");
        foreach (var (why, count) in crowd.Failures.CountBy(failure => failure).OrderByDescending(each => each.Value))
            Console.WriteLine($"  {count} × {why}");
        Print("attempts that the clients made again", crowd.Log.TriedAgain);
        Run.PrintTimes("call due to answered, calm", crowd.CalmLatencies);
        Run.PrintTimes("call due to answered, restarting", crowd.DisturbedLatencies);
        Print("streams that the clients resumed", crowd.Log.Resumed);
        Console.WriteLine(
            $"{streams} streams: {missing} writes missing, {crowd.Twice} twice, {crowd.Resets} snapshots begun anew"
        );
        Console.WriteLine($"{crowd.Writes} writes acknowledged, {found} of them found");
        run.Expect(crowd.Failures.Count == 0, $"{crowd.Failures.Count} calls failed");
        run.Expect(missing == 0, $"{missing} writes are missing at who follows");
        run.Expect(crowd.Twice == 0, $"{crowd.Twice} documents came twice");
        run.Expect(crowd.Resets == 0, $"{crowd.Resets} streams began anew");
        run.Expect(found == crowd.Writes, $"{crowd.Writes - found} acknowledged writes are lost");
    }

    private static void Print(string what, IReadOnlyDictionary<string, int> counts)
    {
        Console.WriteLine($"{Sum(counts)} {what}");
        foreach (var (why, count) in counts.OrderByDescending(each => each.Value))
            Console.WriteLine($"  {count} × {why}");
    }

    private static int Sum(IReadOnlyDictionary<string, int> counts) => counts.Values.Sum();
}
