using System.Diagnostics;
using System.Text.Json.Nodes;
using Vibe.Client;
using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Servers;

namespace Vibe.Load.Scenarios;

/// <summary>
/// Creating documents of 1 KiB by one client of C#, for so many callers at once. What waits there for its place goes along
/// with others; what has a key of its own never does, and is measured beside it.
/// </summary>
internal static class ClientCreate
{
    public const string Id = "client";

    private static readonly int[] BusiestFirst = [1000, 256, 32, 1];

    public static async Task RunAsync(Bench bench)
    {
        await using var vibe = await VibeSubject.StartAsync(
            bench.Options.Engine,
            places: 2 * BusiestFirst.Length * bench.RunsOfCase
        );
        foreach (var callers in BusiestFirst)
        {
            var name = $"{callers:n0} in flight";
            bench.Say($"{Id} {name}: warming up");
            foreach (var key in new[] { (Func<string>?)null, NewKey })
                await bench.WarmUpAsync(vibe, length => CreateAsync(bench, vibe, callers, key, length));
            await bench.MeasureAsync(
                Id,
                name,
                "Vibe.Client",
                () => CreateAsync(bench, vibe, callers, key: null, bench.Options.Length),
                () => CreateAsync(bench, vibe, callers, NewKey, bench.Options.Length)
            );
        }
    }

    private static string NewKey() => Guid.NewGuid().ToString("n");

    private static async Task<Sample> CreateAsync(
        Bench bench,
        VibeSubject vibe,
        int callers,
        Func<string>? key,
        TimeSpan length
    )
    {
        var place = (VibePlace)vibe.NewPlace();
        await using var client = new VibeClient(vibe.Address, place.Token);
        var documents = client.Me.Collection(VibePlace.Collection);
        return await Bench.RunAsync(
            vibe,
            documentsEach: 1,
            () => LoadAsync(documents, callers, key, length, bench.Cancellation),
            async outcome =>
                Bench.Expect("documents that were created", outcome.Sent, await place.CountAsync(bench.Cancellation))
        );
    }

    private static async Task<Outcome> LoadAsync(
        Collection<JsonObject> documents,
        int callers,
        Func<string>? key,
        TimeSpan length,
        CancellationToken cancellation
    )
    {
        var (latencies, clock) = (new Latencies(), Stopwatch.StartNew());
        try
        {
            await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => CallAsync()));
        }
        catch (VibeException exception)
        {
            throw new LoadException($"A call failed: {exception.Message}");
        }
        return new Outcome(latencies.Count, latencies.Count, clock.Elapsed, latencies, AnswerBytes: 0);

        async Task CallAsync()
        {
            await Task.Yield();
            var document = JsonNode.Parse(Body.Json)!.AsObject();
            while (clock.Elapsed < length)
            {
                var called = Stopwatch.GetTimestamp();
                var options = key is null ? null : new WriteOptions { IdempotencyKey = key() };
                await documents.CreateAsync(document, options, cancellation);
                latencies.Add(Stopwatch.GetElapsedTime(called));
            }
        }
    }
}
