using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Vibe.Testing;

namespace Vibe.Worlds;

/// <summary>
/// Nothing that a watcher is told depends on what it may not see. <c>VIBE_SEED</c> and <c>VIBE_HISTORIES</c> make it another
/// run, or a longer one.
/// </summary>
public sealed class TwoWorldsTests(ITestOutputHelper output)
{
    private const int AtOnce = 4;

    [Theory]
    [InlineData(Engine.Sqlite, 40)]
    [InlineData(Engine.Postgres, 15)]
    public async Task Two_worlds_that_differ_out_of_sight_look_the_same(Engine engine, int usual)
    {
        await using var server = await VibeServer.StartAsync(engine);
        var cast = await Cast.MakeAsync(server);
        var (seed, count) = (Setting("VIBE_SEED", 20261124), Setting("VIBE_HISTORIES", usual));
        output.WriteLine($"{engine}: seed {seed}, pairs {count}");
        var pairs = new ConcurrentBag<Pair>();
        var watch = Stopwatch.StartNew();
        using var found = new CancellationTokenSource();
        try
        {
            await Parallel.ForEachAsync(
                Enumerable.Range(seed, count),
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = found.Token },
                async (each, _) =>
                {
                    var pair = await Pair.RunAsync(cast, each);
                    pairs.Add(pair);
                    if (pair.Difference is not null)
                        await found.CancelAsync();
                }
            );
        }
        catch (OperationCanceledException) when (found.IsCancellationRequested)
        {
            // The difference is reported below.
        }
        var withHidden = pairs.Count(pair => pair.HiddenBetweenReads > 0);
        output.WriteLine(
            $"{pairs.Count} pairs in {watch.Elapsed.TotalSeconds:f1} s, {withHidden} with a hidden commit between two reads, "
                + $"{pairs.Sum(pair => pair.HiddenBetweenReads)} of these, {pairs.Sum(pair => pair.Reads)} lines compared; "
                + string.Join(", ", pairs.CountBy(pair => pair.History.Sight))
        );
        if (pairs.FirstOrDefault(pair => pair.Difference is not null) is { } different)
            Assert.Fail($"After {pairs.Count} pairs: {different.Difference}");
        Assert.True(withHidden >= pairs.Count * 0.9, "Too few pairs hide anything.");
    }

    private static int Setting(string name, int value) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : value;
}
