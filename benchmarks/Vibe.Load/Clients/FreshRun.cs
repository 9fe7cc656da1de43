using System.Diagnostics;
using Vibe.Load.Measures;

namespace Vibe.Load.Clients;

/// <summary>What a process shows that has done nothing before.</summary>
/// <param name="Loaded">From its start until all was loaded that it needs.</param>
/// <param name="Answered">From its start until its first call was answered.</param>
/// <param name="Grown">By how much its memory grew while it followed, and held, all documents.</param>
/// <param name="Peak">The most that was resident of it.</param>
internal sealed record FreshRun(TimeSpan Loaded, TimeSpan Answered, long Grown, long Peak)
{
    public static async Task<FreshRun> OfAsync(
        IReadOnlyList<string> words,
        string side,
        Uri address,
        string token,
        string document,
        CancellationToken cancellation
    )
    {
        var clock = Stopwatch.StartNew();
        await using var program = await ClientProgram.StartAsync(words, side, cancellation);
        await program.OpenAsync(address, token, cancellation);
        // No time at all is one call.
        await program.DoAsync(Once(document), cancellation);
        var answered = clock.Elapsed;
        var before = ProcessTree.Memory(program.Id);
        await program.DoAsync(ClientBench.Follow(0, keep: true), cancellation);
        return new FreshRun(
            program.LoadedAfter,
            answered,
            ProcessTree.Memory(program.Id) - before,
            ProcessTree.PeakMemory(program.Id)
        );
    }

    private static object Once(string document) =>
        new
        {
            @do = "get",
            document,
            inFlight = 1,
            seconds = 0.0,
        };
}
