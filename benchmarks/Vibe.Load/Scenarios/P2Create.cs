using Vibe.Load.Generators;

namespace Vibe.Load.Scenarios;

/// <summary>Creating documents of 1 KiB one by one, in one space and in 64.</summary>
internal static class P2Create
{
    private const int Spaces = 64;

    public static Task RunAsync(Bench bench) =>
        bench.WithBothAsync(
            places: (Shape.BusiestFirst.Count + Spaces) * bench.RunsOfCase,
            async (vibe, twin) =>
            {
                foreach (var shape in Shape.BusiestFirst)
                    await bench.MeasureAsync(
                        "P2",
                        $"{shape.InFlight} in flight",
                        bench.Repeating.Name,
                        (vibe, twin),
                        (subject, length) => Creation.RunAsync(bench, bench.Repeating, subject, (1, shape, 1, length))
                    );
                await bench.MeasureAsync(
                    "P2",
                    $"{Shape.Many.InFlight} in flight, {Spaces} spaces",
                    bench.Varying.Name,
                    (vibe, twin),
                    (subject, length) =>
                        Creation.RunAsync(bench, bench.Varying, subject, (Spaces, Shape.Many, 1, length))
                );
            }
        );
}
