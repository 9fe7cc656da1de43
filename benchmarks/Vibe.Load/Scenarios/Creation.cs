using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Servers;

namespace Vibe.Load.Scenarios;

/// <summary>A run that creates documents in new places, and counts afterwards that they are there.</summary>
internal static class Creation
{
    public static async Task<Sample> RunAsync(
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

    // Places of the twin are one table, and tokens of a server that runs already may be of one person.
    private static async Task<long> CountAsync(Place[] places, CancellationToken cancellation)
    {
        var sum = 0L;
        foreach (var place in places.DistinctBy(place => place.Space))
            sum += await place.CountAsync(cancellation);
        return sum;
    }
}
