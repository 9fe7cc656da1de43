using Vibe.Load.Generators;

namespace Vibe.Load.Scenarios;

/// <summary>Creating documents of 1 KiB a hundred at once.</summary>
internal static class P3Batch
{
    private const int Documents = 100;

    private static readonly Shape[] Shapes = [Shape.One, new(4, 2)];

    public static Task RunAsync(Bench bench) =>
        bench.WithBothAsync(
            places: Shapes.Length * bench.RunsOfCase,
            async (vibe, twin) =>
            {
                foreach (var shape in Shapes)
                    await bench.MeasureAsync(
                        "P3",
                        $"{shape.InFlight} in flight",
                        bench.Varying.Name,
                        (vibe, twin),
                        (subject, length) =>
                            Creation.RunAsync(bench, bench.Varying, subject, (1, shape, Documents, length))
                    );
            }
        );
}
