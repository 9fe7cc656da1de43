using Vibe.Proof.Mutants;

namespace Vibe.Proof.Runs;

/// <summary>What became of a mutant.</summary>
/// <param name="Mutant">The mutant.</param>
/// <param name="Report">The run against servers that have it.</param>
internal sealed record Kill(Mutant Mutant, Report Report)
{
    /// <summary>Whether the proof found it.</summary>
    public bool IsKilled => Report.FoundAfter is not null;
}

/// <summary>Runs a proof against servers from which one rule is taken out, for each rule in turn.</summary>
internal static class Kills
{
    public static async Task<Kill> RunAsync(Mutant mutant, Order order)
    {
        MutantSwitch.Set(mutant.Name);
        try
        {
            return new Kill(mutant, await ProofRun.RunAsync(mutant.Proof, Proofs.All[mutant.Proof], order));
        }
        finally
        {
            MutantSwitch.Set(null);
        }
    }
}
