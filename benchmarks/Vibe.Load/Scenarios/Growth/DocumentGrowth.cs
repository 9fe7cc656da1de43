using System.Diagnostics;
using Grpc.Core;
using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Servers;

namespace Vibe.Load.Scenarios.Growth;

/// <summary>Reading and creating single documents where there are ever more of them.</summary>
internal static class DocumentGrowth
{
    public const string Id = "documents";

    // Creating makes a collection larger. So that none more than doubles and there is still enough to measure, small ones
    // come in numbers.
    private const int Enough = 40_000;

    // Of all collections together; they lie among the others at even distances.
    private const int MostThatAreRead = 400;

    private static readonly TimeSpan MostFilling = TimeSpan.FromMinutes(10);

    public static async Task RunAsync(Bench bench)
    {
        foreach (var size in Sizes.Of(bench, Id, 1000, 1_000_000))
        {
            var collections = bench.Options.IsQuick ? 1 : Math.Max(1, Enough / size);
            await bench.WithBothAsync(
                collections,
                async (vibe, twin) =>
                {
                    var filled = new Dictionary<Subject, Filled>();
                    foreach (var subject in new[] { vibe, twin })
                        filled[subject] = await FillAsync(bench, subject, collections, size);
                    await MeasureAsync(bench, (vibe, twin), filled, size);
                }
            );
        }
    }

    private static async Task MeasureAsync(
        Bench bench,
        (Subject Vibe, Subject Twin) sides,
        Dictionary<Subject, Filled> filled,
        int size
    )
    {
        bench.Keep(Id, "fill", bench.Varying.Name, [filled[sides.Vibe].Filling], [filled[sides.Twin].Filling], size);

        var gets = filled.ToDictionary(side => side.Key, side => side.Value.Gets());
        await bench.MeasureAsync(
            Id,
            "get",
            bench.Varying.Name,
            sides,
            (subject, length) =>
                Bench.RunAsync(
                    subject,
                    documentsEach: 1,
                    () =>
                        bench.Varying.RunAsync(subject.Address, gets[subject], Shape.Some, length, bench.Cancellation),
                    outcome =>
                    {
                        // Answers differ by the length of their times.
                        var whole = Math.Min(outcome.Sent, outcome.AnswerBytes / Body.Length);
                        Bench.Expect("answers with a document", outcome.Sent, whole);
                        return Task.CompletedTask;
                    }
                ),
            size
        );

        var creates = filled.ToDictionary(side => side.Key, side => side.Value.Creates());
        var most = (long)size * filled[sides.Vibe].Places.Count / bench.RunsOfCase;
        await bench.MeasureAsync(
            Id,
            "create",
            bench.Varying.Name,
            sides,
            (subject, length) =>
                Creation.RunAsync(
                    bench,
                    new ClosedLoop(most),
                    subject,
                    filled[subject].Places,
                    creates[subject],
                    (Shape.Some, 1, length)
                ),
            size
        );
    }

    private static async Task<Filled> FillAsync(Bench bench, Subject subject, int collections, int size)
    {
        using var inTime = CancellationTokenSource.CreateLinkedTokenSource(bench.Cancellation);
        inTime.CancelAfter(MostFilling);
        var places = Enumerable.Range(0, collections).Select(_ => subject.NewPlace()).ToArray();
        var stored = new List<(Place, string)>();
        var documents = (long)collections * size;
        try
        {
            var clock = Stopwatch.StartNew();
            var filling = await Bench.RunAsync(
                subject,
                documentsEach: 1,
                async () =>
                {
                    foreach (var place in places)
                        stored.AddRange(
                            await FillAsync(
                                subject,
                                place,
                                Math.Min(MostThatAreRead / collections, size / 10),
                                size,
                                inTime.Token
                            )
                        );
                    // How long single ones took is not looked at.
                    return new Outcome(documents, documents, clock.Elapsed, new Latencies(), 0);
                },
                async _ =>
                    Bench.Expect("documents to begin with", documents, await Creation.CountAsync(places, inTime.Token))
            );
            bench.Say($"{Id}: {documents:n0} were created in {documents / filling.PerSecond:n1} s");
            return new Filled(places, stored, filling);
        }
        catch (Exception exception)
            when (exception is OperationCanceledException or RpcException
                && inTime.IsCancellationRequested
                && !bench.Cancellation.IsCancellationRequested
            )
        {
            throw new LoadException(
                $"{documents:n0} documents were not created in {MostFilling.TotalMinutes} minutes."
            );
        }
    }

    private static async Task<List<(Place, string)>> FillAsync(
        Subject subject,
        Place place,
        int read,
        int size,
        CancellationToken cancellation
    )
    {
        var stored = new List<(Place, string)>();
        for (var each = 0; each < read; each++)
        {
            await place.FillAsync(subject.Channel, size / read - 1, cancellation);
            stored.Add((place, await place.StoreAsync(cancellation)));
        }
        return stored;
    }

    /// <summary>Places with so many documents each.</summary>
    /// <param name="Places">The places.</param>
    /// <param name="Stored">Documents among the others, to be read.</param>
    /// <param name="Filling">What it cost to fill them.</param>
    private sealed record Filled(
        IReadOnlyList<Place> Places,
        List<(Place Place, string Document)> Stored,
        Sample Filling
    )
    {
        public Call[] Gets() => [.. Stored.Select(each => each.Place.Get(each.Document))];

        public Call[] Creates() => [.. Places.Select(place => place.Create)];
    }
}
