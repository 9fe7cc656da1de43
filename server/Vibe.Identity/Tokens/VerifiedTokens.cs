using System.Security.Claims;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.IdentityModel.Tokens;
using Vibe.Hosting.Access;
using Vibe.Identity.Keys;
using Vibe.Storage;

namespace Vibe.Identity.Tokens;

/// <summary>What a token that was found good says.</summary>
/// <param name="Caller">Who calls.</param>
/// <param name="Principal">The same, for the framework.</param>
/// <param name="Key">The key that it was verified by.</param>
internal sealed record VerifiedToken(Caller Caller, ClaimsPrincipal Principal, SecurityKey Key);

/// <summary>
/// The access tokens that were verified before, so that a signature is checked once and not at every call. They hold no
/// right, so that nothing else is remembered with them; one counts no longer than its time and the key that signed it.
/// </summary>
internal sealed class VerifiedTokens(KeyRing ring, Clock clock) : IDisposable
{
    // Some kilobytes each.
    private const int Most = 8192;

    private readonly MemoryCache _tokens = new(new MemoryCacheOptions { SizeLimit = Most });

    /// <summary>Finds a token that is still good.</summary>
    public VerifiedToken? Find(string token) =>
        _tokens.TryGetValue(token, out VerifiedToken? known) && IsGood(known!) ? known : null;

    /// <summary>Remembers a token that was just found good.</summary>
    public void Add(string token, VerifiedToken verified) =>
        _tokens.Set(
            token,
            verified,
            new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = AccessTokens.MaxLifetime }
        );

    public void Dispose() => _tokens.Dispose();

    // The ring is loaded anew when its keys change, and all its keys are other objects then.
    private bool IsGood(VerifiedToken known) =>
        clock.Now < known.Caller.ExpiresAt + AccessTokens.ClockSkew && ring.VerificationKeys.Contains(known.Key);
}
