using Vibe.Load.Scenarios.Streaming;

namespace Vibe.Load.Scenarios.Growth;

/// <summary>One write to ever more followers, as in P5.</summary>
internal static class FollowerGrowth
{
    public const string Id = "followers";

    public static Task RunAsync(Bench bench)
    {
        var sizes = Sizes.Of(bench, Id, 1, 10_000);
        return bench.WithBothAsync(
            places: sizes.Length * bench.RunsOfCase,
            async (vibe, twin) =>
            {
                foreach (var size in sizes)
                    await FanOut.MeasureAsync(
                        bench,
                        (vibe, twin),
                        Id,
                        "delivery",
                        FanOut.ShapeOf(size),
                        views: 1,
                        size
                    );
            }
        );
    }
}
