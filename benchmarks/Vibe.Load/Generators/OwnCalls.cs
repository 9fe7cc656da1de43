using System.Diagnostics;
using Vibe.Load.Measures;

namespace Vibe.Load.Generators;

/// <summary>
/// Calls within this process, one after the other. To look at the clock takes longer than the shortest of them, so these are
/// timed in blocks, and each counts as the mean of its block.
/// </summary>
internal static class OwnCalls
{
    /// <summary>How many short calls are timed together.</summary>
    public const int Block = 1000;

    /// <summary>Makes short calls, block by block.</summary>
    public static Sample InBlocks(Func<object> call, TimeSpan length, CancellationToken cancellation)
    {
        var (blocks, latencies, began) = (0L, new Latencies(), Stopwatch.GetTimestamp());
        do
        {
            cancellation.ThrowIfCancellationRequested();
            var blockBegan = Stopwatch.GetTimestamp();
            for (var done = 0; done < Block; done++)
                GC.KeepAlive(call());
            latencies.AddNanoseconds(Stopwatch.GetElapsedTime(blockBegan).TotalNanoseconds / Block);
            blocks++;
        } while (Stopwatch.GetElapsedTime(began) < length);
        return Sample.OfCalls(blocks * Block, Stopwatch.GetElapsedTime(began), latencies);
    }

    /// <summary>Makes calls that wait for something, each timed by itself.</summary>
    public static async Task<Sample> OneByOneAsync(
        Func<Task<object>> call,
        TimeSpan length,
        CancellationToken cancellation
    )
    {
        var (latencies, began) = (new Latencies(), Stopwatch.GetTimestamp());
        do
        {
            cancellation.ThrowIfCancellationRequested();
            var callBegan = Stopwatch.GetTimestamp();
            GC.KeepAlive(await call());
            latencies.Add(callBegan, Stopwatch.GetTimestamp());
        } while (Stopwatch.GetElapsedTime(began) < length);
        return Sample.OfCalls(latencies.Count, Stopwatch.GetElapsedTime(began), latencies);
    }
}
