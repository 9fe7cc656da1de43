using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Vibe.Testing;

namespace Vibe.Stress;

/// <summary>Eight writers into one space and somebody who follows: nothing is missed, nothing comes twice, in order.</summary>
internal static class Writers
{
    private const int Count = 8;

    public static async Task RunAsync(Run run)
    {
        using var groups = new GroupCount();
        await using var server = await VibeServer.StartAsync(run.Engine);
        await DistinctAsync(run, server, run.Count ?? 20_000);
        await SameAsync(run, server, (run.Count ?? 20_000) / 4);
        Console.WriteLine(groups);
    }

    private static async Task DistinctAsync(Run run, VibeServer server, int documents)
    {
        var alice = await server.PersonAsync("alice");
        var seen = new ConcurrentDictionary<string, int>();
        var last = new Dictionary<int, int>();
        var all = new TaskCompletionSource();
        await using var tail = await Tail.StartAsync(
            alice.Own.Sync,
            Documents.Collection,
            page =>
            {
                run.Expect(!page.Reset || seen.IsEmpty, "a snapshot began in the middle");
                foreach (var change in page.Changes)
                {
                    using var body = JsonDocument.Parse(change.Put.Json.Memory);
                    var writer = body.RootElement.GetProperty("writer").GetInt32();
                    var n = body.RootElement.GetProperty("n").GetInt32();
                    run.Expect(
                        n > last.GetValueOrDefault(writer, -1),
                        $"writer {writer}: {n} after {last.GetValueOrDefault(writer)}"
                    );
                    last[writer] = n;
                    run.Expect(
                        seen.AddOrUpdate(change.DocumentId, 1, (_, times) => times + 1) == 1,
                        $"{change.DocumentId} came twice"
                    );
                }
                if (seen.Count >= documents)
                    all.TrySetResult();
            }
        );
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(
            Enumerable
                .Range(0, Count)
                .Select(async writer =>
                {
                    for (var n = 0; n < documents / Count; n++)
                        await alice.Own.CreateAsync($"w{writer}-{n}", $$"""{"writer":{{writer}},"n":{{n}}}""");
                })
        );
        var written = clock.Elapsed;
        await Task.WhenAny(all.Task, Task.Delay(TimeSpan.FromSeconds(10)));
        run.Expect(seen.Count == documents, $"{documents - seen.Count} missed");
        run.Expect((await alice.Own.Documents.ListAsync()).Count == documents, "a listing shows another number");
        Console.WriteLine(
            $"distinct: {documents} written by {Count} in {written.TotalSeconds:f1} s ({documents / written.TotalSeconds:f0}/s), "
                + $"{documents - seen.Count} missed, {seen.Values.Count(times => times > 1)} twice, "
                + $"the last one {(clock.Elapsed - written).TotalMilliseconds:f0} ms after it was written"
        );
    }

    private static async Task SameAsync(Run run, VibeServer server, int writes)
    {
        var alice = await server.PersonAsync("alice");
        var copy = new ConcurrentDictionary<string, string>();
        var fence = new TaskCompletionSource();
        await using var tail = await Tail.StartAsync(
            alice.Own.Sync,
            Documents.Collection,
            page =>
            {
                foreach (var change in page.Changes)
                    copy[change.DocumentId] = change.Put.Etag;
                if (copy.ContainsKey("fence") && page.Checkpoint is not null)
                    fence.TrySetResult();
            }
        );
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(
            Enumerable
                .Range(0, Count)
                .Select(async writer =>
                {
                    var random = new Random(run.Seed + writer);
                    for (var n = 0; n < writes / Count; n++)
                        await alice.Own.PutAsync($"d{random.Next(100)}", $$"""{"writer":{{writer}},"n":{{n}}}""");
                })
        );
        var written = clock.Elapsed;
        await alice.Own.CreateAsync("fence", "{}");
        await Task.WhenAny(fence.Task, Task.Delay(TimeSpan.FromSeconds(10)));
        var listed = await alice.Own.Documents.ListAsync();
        var differing = listed
            .Keys.Union(copy.Keys)
            .Count(id => listed.GetValueOrDefault(id) != copy.GetValueOrDefault(id));
        run.Expect(differing == 0, $"{differing} documents differ from a listing");
        Console.WriteLine(
            $"same: {writes} writes to 100 ids in {written.TotalSeconds:f1} s ({writes / written.TotalSeconds:f0}/s), "
                + $"{listed.Count} listed, {differing} differ"
        );
    }
}
