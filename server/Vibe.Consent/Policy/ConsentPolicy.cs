using Vibe.Access.V1;
using Vibe.Consent.Grants;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Storage;
using Vibe.Storage.Sessions;

namespace Vibe.Consent.Policy;

/// <summary>
/// The only code that answers "may they". It reads what the answer rests on in the very session in which the answer is
/// used, so that decision and data are of one state: nothing is cached that could outlive a revocation.
/// </summary>
public sealed class ConsentPolicy(Clock clock)
{
    /// <summary>Compiles what a caller may do in a collection, and refuses what it may not.</summary>
    /// <exception cref="VibeException">NOT_GRANTED, GRANT_REVOKED, GRANT_EXPIRED.</exception>
    public async Task<Permit> RequireAsync(
        Session session,
        Caller caller,
        Operation operation,
        CollectionName collection,
        CancellationToken cancellation
    )
    {
        var permit = await CompileAsync(session, caller, operation, collection, cancellation);
        permit.Require(operation);
        return permit;
    }

    /// <summary>Compiles what a caller may do in several collections of a space, without demanding anything yet.</summary>
    /// <exception cref="VibeException">NOT_GRANTED where the caller has no grant, GRANT_REVOKED, GRANT_EXPIRED.</exception>
    public async Task<IReadOnlyDictionary<CollectionName, Permit>> CompileAsync(
        Session session,
        Caller caller,
        Operation operation,
        IEnumerable<CollectionName> collections,
        CancellationToken cancellation
    )
    {
        var permits = new Dictionary<CollectionName, Permit>();
        foreach (var collection in collections)
            if (!permits.ContainsKey(collection))
                permits[collection] = await CompileAsync(session, caller, operation, collection, cancellation);
        return permits;
    }

    /// <summary>Tells whether a caller's grant is live and allows one of the operations somewhere.</summary>
    /// <exception cref="VibeException">NOT_GRANTED, GRANT_REVOKED, GRANT_EXPIRED.</exception>
    internal async Task RequireAnywhereAsync(
        Session session,
        Caller caller,
        IReadOnlyCollection<Operation> operations,
        CancellationToken cancellation
    )
    {
        if (caller.IsFirstParty)
            return;
        var home = new Vibe.Storage.Spaces.SpaceName(caller.Home);
        var grant = await LiveGrantAsync(session, caller, operations.First(), home.ToString(), cancellation);
        var allowed = grant
            .Access.Where(entry => entry.Mode == V1.AccessMode.Always)
            .Any(entry => entry.Operations.Intersect(operations).Any());
        if (!allowed)
            throw ConsentErrors.NotGranted(operations.First(), home.ToString(), caller);
    }

    private async Task<Permit> CompileAsync(
        Session session,
        Caller caller,
        Operation operation,
        CollectionName collection,
        CancellationToken cancellation
    )
    {
        var isHome = collection.Space.Id == caller.Home;
        if (caller.IsFirstParty)
            return new Permit(collection, caller, isHome ? Rights.Owner : Rights.Visitor);
        var grant = await LiveGrantAsync(session, caller, operation, collection.ToString(), cancellation);
        var rights = Rights.Compile(
            collection.Id,
            isHome,
            grant.Access,
            grant.QuotedManifest,
            grant.PresentManifest,
            grant.ExpiresAt
        );
        return new Permit(collection, caller, rights);
    }

    private async Task<LiveGrant> LiveGrantAsync(
        Session session,
        Caller caller,
        Operation operation,
        string resource,
        CancellationToken cancellation
    )
    {
        var grant = caller.Grant is null
            ? null
            : await LiveGrant.ReadAsync(session, caller.Home, caller.Grant, cancellation);
        if (grant is null || grant.App != caller.Client)
            throw ConsentErrors.NotGranted(operation, resource, caller);
        if (grant.IsRevoked)
            throw ConsentErrors.GrantRevoked(caller);
        if (grant.ExpiresAt <= clock.Now)
            throw ConsentErrors.GrantExpired(caller);
        return grant;
    }
}
