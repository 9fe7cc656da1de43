using Vibe.Benchmarks;
using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Servers;

namespace Vibe.Load.Scenarios;

/// <summary>
/// Whether an app may read in a collection: remembered and confirmed, or compiled from the grant that is stored. From outside
/// nobody could tell it from the rest of an answer, so the server's own types do it here, in this process.
/// </summary>
internal static class P11Permit
{
    public const string Warm = "warm";
    public const string Cold = "cold";

    public static async Task RunAsync(Bench bench)
    {
        if (bench.Options.Address is not null)
        {
            bench.Skip("P11", "it is a call within the server, and one that runs already is not to be looked into.");
            return;
        }
        bench.Say("starting");
        await using var storage = await Servers.Storage.MakeAsync(bench.Options.Engine);
        await using var server = await PreparedServer.StartAsync(storage.Database);
        await using var check = await PermitCheck.PrepareAsync(server);

        Task<Sample> InBlocks(Func<object> call, TimeSpan length) =>
            Task.FromResult(OwnCalls.InBlocks(call, length, bench.Cancellation));

        Task MeasureAsync(string name, string by, Func<TimeSpan, Task<Sample>> ours) =>
            P11Permit.MeasureAsync(bench, storage, (name, by), ours, length => InBlocks(check.LookUp, length));

        await MeasureAsync(Warm, $"blocks of {OwnCalls.Block:n0}", length => InBlocks(check.Warm, length));
        await MeasureAsync(
            Cold,
            "each call",
            length => OwnCalls.OneByOneAsync(check.ColdAsync, length, bench.Cancellation)
        );
    }

    private static async Task MeasureAsync(
        Bench bench,
        Servers.Storage storage,
        (string Name, string By) title,
        Func<TimeSpan, Task<Sample>> ours,
        Func<TimeSpan, Task<Sample>> theirs
    )
    {
        bench.Say($"P11 {title.Name}: warming up");
        foreach (var run in new[] { ours, theirs })
            await bench.WarmUpAsync(() => storage.Usage(Environment.ProcessId), run);
        await bench.MeasureAsync(
            "P11",
            title.Name,
            title.By,
            () => ours(bench.Options.Length),
            () => theirs(bench.Options.Length)
        );
    }
}
