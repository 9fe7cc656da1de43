using Microsoft.Extensions.Caching.Memory;
using Vibe.Consent.Grants;
using Vibe.Hosting.Access;

namespace Vibe.Consent.Policy;

/// <summary>
/// The grants that were read last. None of them decides anything until the database, in the state that the answer comes
/// from, was asked whether it still stands where it stood.
/// </summary>
internal sealed class StandingGrants : IDisposable
{
    private const long MostBytes = 64 << 20;

    private readonly MemoryCache _grants = new(new MemoryCacheOptions { SizeLimit = MostBytes });

    /// <summary>What is remembered of the grant that a caller's token names.</summary>
    public StandingGrant? Find(Caller caller) =>
        _grants.TryGetValue((caller.Home, caller.Grant), out StandingGrant? known) ? known : null;

    /// <summary>Remembers a grant that was just read.</summary>
    public StandingGrant Keep(Caller caller, LiveGrant grant)
    {
        var standing = new StandingGrant(grant);
        _grants.Set((caller.Home, caller.Grant), standing, new MemoryCacheEntryOptions { Size = grant.Size });
        return standing;
    }

    public void Dispose() => _grants.Dispose();
}
