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
                (vibe, twin) =>
                {
                    var places = new[] { vibe, twin }.ToDictionary(
                        subject => subject,
                        subject => Enumerable.Range(0, size).Select(_ => subject.NewPlace()).ToArray()
                    );
                    // Tokens of the same age in each run: one that is new is looked at for longer.
                    var calls = places.ToDictionary(
                        side => side.Key,
                        side => side.Value.Select(place => place.Create).ToArray()
                    );
                    return bench.MeasureAsync(
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
}
