using Vibe.Proof.Runs;
using Vibe.Testing;

namespace Vibe.Proof.TwoWorlds;

/// <summary>Nothing that a watcher is told depends on what it may not see.</summary>
internal sealed class TwoWorldsProof(VibeServer server, Cast cast) : IProof
{
    public static async Task<TwoWorldsProof> StartAsync(Order order)
    {
        var server = await VibeServer.StartAsync(order.Engine);
        return new TwoWorldsProof(server, await Cast.MakeAsync(server));
    }

    public async Task<Outcome> RunAsync(int seed)
    {
        var pair = await Pair.RunAsync(cast, seed);
        return new Outcome(
            seed,
            pair.Difference,
            new Dictionary<string, long>
            {
                ["lines compared"] = pair.Reads,
                ["hidden commits between two reads"] = pair.HiddenBetweenReads,
                ["pairs with a hidden commit between two reads"] = pair.HiddenBetweenReads > 0 ? 1 : 0,
                [$"pairs seen by {pair.History.Sight}"] = 1,
            }
        );
    }

    public string? Weakness(Report report) =>
        report.Coverage.GetValueOrDefault("pairs with a hidden commit between two reads") < report.Histories * 0.9
            ? "Too few pairs hide anything between two reads."
            : null;

    public ValueTask DisposeAsync() => server.DisposeAsync();
}
