using Vibe.Proof.StoredTruth;
using Vibe.Proof.TwoWorlds;

namespace Vibe.Proof.Runs;

/// <summary>The proofs by name.</summary>
internal static class Proofs
{
    public static IReadOnlyDictionary<string, Func<Order, Task<IProof>>> All { get; } =
        new Dictionary<string, Func<Order, Task<IProof>>>
        {
            ["two-worlds"] = async order => await TwoWorldsProof.StartAsync(order),
            ["stored-truth"] = async order => await StoredTruthProof.StartAsync(order),
        };
}
