using Vibe.Load.Generators;
using Vibe.Load.Servers;

namespace Vibe.Load.Scenarios.Growth;

/// <summary>Creating documents spread over ever more spaces, each of another person with a token of their own.</summary>
internal static class SpaceGrowth
{
    public const string Id = "spaces";

    public static async Task RunAsync(Bench bench)
    {
        foreach (var size in Sizes.Of(bench, Id, 1, 10_000))
            await bench.WithBothAsync(
                size,
                async (vibe, twin) =>
                {
                    var places = new[] { vibe, twin }.ToDictionary(
                        subject => subject,
                        subject => Enumerable.Range(0, size).Select(_ => subject.NewPlace()).ToArray()
                    );
                    var calls = places.ToDictionary(
                        side => side.Key,
                        side => side.Value.Select(place => place.Create).ToArray()
                    );
                    foreach (var subject in places.Keys)
                        await TouchAsync(subject, calls[subject], bench.Cancellation);
                    await bench.MeasureAsync(
                        Id,
                        "create",
                        bench.Varying.Name,
                        (vibe, twin),
                        (subject, length) =>
                            Creation.RunAsync(
                                bench,
                                bench.Varying,
                                subject,
                                places[subject],
                                calls[subject],
                                (Shape.Some, 1, length)
                            ),
                        size
                    );
                }
            );
    }

    // Each space and its token once, for what is new is looked at for longer, and a short run may not come round.
    private static Task TouchAsync(Subject subject, Call[] calls, CancellationToken cancellation)
    {
        var invoker = subject.Channel.CreateCallInvoker();
        return Parallel.ForEachAsync(
            calls,
            cancellation,
            async (call, touching) => await call.SendAsync(invoker, call.Copy(), touching)
        );
    }
}
