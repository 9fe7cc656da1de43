using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Servers;

namespace Vibe.Load.Scenarios;

/// <summary>A run that creates documents, and counts afterwards that they are there.</summary>
internal static class Creation
{
    private const int CountedAtOnce = 8;

    /// <summary>Creates in new places.</summary>
    public static Task<Sample> RunAsync(
        Bench bench,
        Generator generator,
        Subject subject,
        (int Places, Shape Shape, int DocumentsEach, TimeSpan Length) run
    )
    {
        var places = Enumerable.Range(0, run.Places).Select(_ => subject.NewPlace()).ToArray();
        var calls = places
            .Select(place => run.DocumentsEach == 1 ? place.Create : place.CreateMany(run.DocumentsEach))
            .ToArray();
        return RunAsync(bench, generator, subject, places, calls, (run.Shape, run.DocumentsEach, run.Length));
    }

    /// <summary>Creates by calls that go to the given places.</summary>
    public static async Task<Sample> RunAsync(
        Bench bench,
        Generator generator,
        Subject subject,
        IReadOnlyList<Place> places,
        IReadOnlyList<Call> calls,
        (Shape Shape, int DocumentsEach, TimeSpan Length) run
    )
    {
        await calls[0].SendAsync(subject.Channel.CreateCallInvoker(), calls[0].Copy(), bench.Cancellation);
        var before = await CountAsync(places, bench.Cancellation);
        return await Bench.RunAsync(
            subject,
            run.DocumentsEach,
            () => generator.RunAsync(subject.Address, calls, run.Shape, run.Length, bench.Cancellation),
            async outcome =>
                Bench.Expect(
                    "documents that were created",
                    before + outcome.Sent * run.DocumentsEach,
                    await CountAsync(places, bench.Cancellation)
                )
        );
    }

    /// <summary>Counts what is in all of the places.</summary>
    public static async Task<long> CountAsync(IReadOnlyList<Place> places, CancellationToken cancellation)
    {
        var sum = 0L;
        // Places of the twin are one table, and tokens of a server that runs already may be of one person.
        await Parallel.ForEachAsync(
            places.DistinctBy(place => place.Space),
            new ParallelOptions { MaxDegreeOfParallelism = CountedAtOnce, CancellationToken = cancellation },
            async (place, counting) => Interlocked.Add(ref sum, await place.CountAsync(counting))
        );
        return sum;
    }
}
