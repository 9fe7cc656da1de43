using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Servers;

namespace Vibe.Load.Scenarios;

/// <summary>
/// Starting on data that is there, until the first answer; what the process holds while nobody asks, and after it was asked
/// for a document over and over. An empty server beside it starts and is left alone.
/// </summary>
internal static class P13Start
{
    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(Bench bench)
    {
        if (bench.Options.Address is not null)
        {
            bench.Skip("P13", "a server that runs already is not to be restarted.");
            return;
        }
        var idle = bench.Options.IsQuick ? bench.Options.Length : LongEnough;
        await using var vibe = await VibeSubject.StartAsync(bench.Options.Engine, places: 1);
        var place = vibe.NewPlace();
        var get = place.Get(await place.StoreAsync(bench.Cancellation));
        await bench.MeasureAsync(
            "P13",
            "start, idle, get",
            bench.Repeating.Name,
            async () =>
            {
                await vibe.RestartAsync();
                await Task.Delay(idle, bench.Cancellation);
                var alone = vibe.Usage();
                await bench.Repeating.RunAsync(
                    vibe.Address,
                    [get],
                    Shape.Some,
                    bench.Options.Length,
                    bench.Cancellation
                );
                var loaded = vibe.Usage();
                return new Sample
                {
                    Start = vibe.FirstAnswerAfter.TotalMilliseconds,
                    IdleMemory = Usage.Mebibytes(alone.Memory),
                    Memory = Usage.Mebibytes(loaded.Memory),
                    DatabaseMemory = Usage.Mebibytes(loaded.DatabaseMemory),
                };
            },
            () => TwinSubject.StartEmptyAsync(idle, bench.Cancellation)
        );
    }
}
