using Vibe.Proof.NewEnemy;
using Vibe.Proof.StoredTruth;
using Vibe.Proof.TwoWorlds;

namespace Vibe.Proof.Runs;

/// <summary>The proofs by name.</summary>
internal static class Proofs
{
    /// <summary>The one whose watcher may come through an Envoy.</summary>
    public const string TwoWorlds = "two-worlds";

    public static IReadOnlyDictionary<string, Func<Order, Task<IProof>>> All { get; } =
        new Dictionary<string, Func<Order, Task<IProof>>>
        {
            ["interleavings"] = async order => await InterleavingsProof.StartAsync(order),
            ["new-enemy"] = async order => await NewEnemyProof.StartAsync(order),
            ["right-of-way"] = async order => await RightOfWayProof.StartAsync(order),
            [TwoWorlds] = async order => await TwoWorldsProof.StartAsync(order),
            ["stored-truth"] = async order => await StoredTruthProof.StartAsync(order),
        };
}
