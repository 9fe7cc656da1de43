using Vibe.Load.Servers;

namespace Vibe.Load.Scenarios.Streaming;

/// <summary>One write after the other, each of which everybody has before the next begins.</summary>
internal static class P5FanOut
{
    private static readonly int[] Full = [1, 100, 1000, 10_000];
    private static readonly int[] Quick = [1, 100];

    public static Task RunAsync(Bench bench)
    {
        var shapes = (bench.Options.IsQuick ? Quick : Full).Select(FanOut.ShapeOf).ToArray();
        return bench.WithBothAsync(
            places: (shapes.Length * 2 - 1) * bench.RunsOfCase,
            async (vibe, twin) =>
            {
                foreach (var views in new[] { 1, Masks.Ten.Length })
                foreach (var shape in shapes.Where(shape => shape.InFlight >= views))
                {
                    var what = $"{shape.InFlight:n0} followers, {(views == 1 ? "whole" : $"{views} masks")}";
                    if (views > 1 && vibe is RunningSubject)
                        bench.Skip($"P5 {what}", "a server that runs already has no apps with masks.");
                    else
                        await FanOut.MeasureAsync(bench, (vibe, twin), "P5", what, shape, views);
                }
            },
            Masks.Ten
        );
    }
}
