using System.Threading.Channels;
using Vibe.Proof.Runs;

namespace Vibe.Proof.TwoWorlds;

/// <summary>Nothing that a watcher is told depends on what it may not see.</summary>
internal sealed class TwoWorldsProof : IProof
{
    // A stage has one clock, so it holds one pair at a time.
    private readonly Channel<Stage> _free = Channel.CreateUnbounded<Stage>();
    private readonly Stage[] _stages;

    private TwoWorldsProof(Stage[] stages)
    {
        _stages = stages;
        foreach (var stage in stages)
            _free.Writer.TryWrite(stage);
    }

    public int AtOnce => _stages.Length;

    public static async Task<TwoWorldsProof> StartAsync(Order order)
    {
        var stages = order.AtOnce ?? Math.Max(2, Environment.ProcessorCount);
        return new(await Task.WhenAll(Enumerable.Range(0, stages).Select(_ => Stage.StartAsync(order))));
    }

    public async Task<Outcome> RunAsync(int seed)
    {
        var stage = await _free.Reader.ReadAsync();
        try
        {
            var pair = await Pair.RunAsync(stage, seed);
            var history = pair.History;
            return new Outcome(
                seed,
                pair.Difference,
                new Dictionary<string, long>
                {
                    ["lines compared"] = pair.Reads,
                    ["hidden commits between two reads"] = pair.HiddenBetweenReads,
                    ["pairs with a hidden commit between two reads"] = pair.HiddenBetweenReads > 0 ? 1 : 0,
                    ["pairs in which a megabyte a document hides"] = history.IsHeavy ? 1 : 0,
                    ["pairs with hidden work through another server"] =
                        history.IsApart && stage.Second is not null ? 1 : 0,
                    [$"pairs seen by {history.Sight}"] = 1,
                    [$"pairs over {history.Protocol}"] = 1,
                }
            );
        }
        finally
        {
            _free.Writer.TryWrite(stage);
        }
    }

    public string? Weakness(Report report) =>
        report.Coverage.GetValueOrDefault("pairs with a hidden commit between two reads") < report.Histories * 0.9
            ? "Too few pairs hide anything between two reads."
            : null;

    public async ValueTask DisposeAsync()
    {
        foreach (var stage in _stages)
            await stage.DisposeAsync();
    }
}
