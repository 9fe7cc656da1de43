using System.Collections.Concurrent;
using Vibe.Access.V1;
using Vibe.Consent.Grants;

namespace Vibe.Consent.Policy;

/// <summary>
/// A grant as it was read once, with what follows from it for each collection. It is good for as long as the database
/// says the same of where it stands; asking that costs less than reading the grant and the manifests behind it.
/// </summary>
internal sealed class StandingGrant(LiveGrant grant)
{
    private readonly ConcurrentDictionary<(string Collection, bool IsHome), Rights> _rights = new();
    private readonly HashSet<string> _collections = [.. grant.Access.Select(entry => entry.Collection)];

    public LiveGrant Grant { get; } = grant;

    /// <summary>What the grant leaves over for a collection.</summary>
    public Rights In(string collection, bool isHome)
    {
        // Names that the grant does not know come from its caller, who knows no end of them.
        if (!_collections.Contains(collection))
            return Compile((collection, isHome));
        return _rights.GetOrAdd((collection, isHome), Compile);
    }

    /// <summary>Whether it allows one of the operations somewhere.</summary>
    public bool AllowsAnywhere(IReadOnlyCollection<Operation> operations) =>
        Grant
            .Access.Where(entry => entry.Mode == V1.AccessMode.Always)
            .Any(entry => entry.Operations.Any(operations.Contains));

    private Rights Compile((string Collection, bool IsHome) of) =>
        Rights.Compile(
            of.Collection,
            of.IsHome,
            Grant.Access,
            Grant.QuotedManifest,
            Grant.PresentManifest,
            Grant.ExpiresAt
        );
}
