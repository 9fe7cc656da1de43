using Vibe.Proof.Runs;
using Vibe.Testing;

namespace Vibe.Proof.StoredTruth;

/// <summary>Whatever happens, readers hold what was written, as they may see it: all of it, once, and in its order.</summary>
internal sealed class StoredTruthProof(SharedGround ground, Cast cast) : IProof
{
    public static async Task<StoredTruthProof> StartAsync(Order order)
    {
        var ground = await SharedGround.StartAsync(order.Engine);
        return new StoredTruthProof(ground, await Cast.MakeAsync(ground.Server));
    }

    public async Task<Outcome> RunAsync(int seed)
    {
        var history = await History.BeginAsync(ground, cast, seed);
        var violation = (string?)null;
        try
        {
            await history.RunAsync();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            violation =
                $"{(exception is Violation ? exception.Message : exception)}\nVIBE_SEED={seed} VIBE_HISTORIES=1 after:\n{string.Join('\n', history.Story)}";
        }
        await history.DisposeAsync();
        return new Outcome(seed, violation, history.Coverage);
    }

    public string? Weakness(Report report) =>
        report.Coverage.GetValueOrDefault("checkpoints compared") < report.Histories * 10
            ? "Too few checkpoints were compared."
            : null;

    public ValueTask DisposeAsync() => ground.DisposeAsync();
}
