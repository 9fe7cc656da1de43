using System.Collections.Immutable;
using Vibe.Proof.StoredTruth.Oracles;

namespace Vibe.Proof.StoredTruth;

/// <summary>A client's copy, and what is known of the moment that it shows.</summary>
/// <param name="Copy">The copy.</param>
/// <param name="Sight">What its last page could show.</param>
/// <param name="Grant">The grant that its last page was read by.</param>
/// <param name="Place">The earliest place in the order that its last page can be of.</param>
/// <param name="Complete">The place of its last checkpoint; below all of them before the first.</param>
/// <param name="Told">The places of what came since.</param>
/// <param name="SnapshotAt">The place at which its snapshot began, until that is complete.</param>
/// <param name="IsLost">Whether the server cannot go on from its token, because of keys or a restore.</param>
internal sealed record Stand(
    Copy Copy,
    Sight? Sight,
    string Grant,
    int Place,
    int Complete,
    ImmutableDictionary<string, int> Told,
    int? SnapshotAt,
    bool IsLost
)
{
    public static readonly Stand Nothing = new(
        Copy.Empty,
        null,
        "",
        0,
        -1,
        ImmutableDictionary.Create<string, int>(StringComparer.Ordinal),
        null,
        false
    );
}
