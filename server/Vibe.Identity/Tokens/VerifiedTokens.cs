using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http;
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
internal sealed class VerifiedTokens(KeyRing ring, Clock clock) : RememberedTokens, IDisposable
{
    private const string Scheme = $"{JwtBearerDefaults.AuthenticationScheme} ";

    // Some kilobytes each.
    private const int Most = 8192;

    private readonly MemoryCache _tokens = new(new MemoryCacheOptions { SizeLimit = Most });

    /// <inheritdoc />
    public override bool Recognize(HttpContext context)
    {
        if (HeaderOf(context.Request) is not { } header || Find(header) is not { } known)
            return false;
        context.Features.Set(known.Caller);
        context.User = known.Principal;
        return true;
    }

    /// <summary>Remembers the token of a request that was just found good.</summary>
    public void Add(HttpRequest request, VerifiedToken verified)
    {
        if (HeaderOf(request) is { } header)
            Add(header, verified);
    }

    /// <summary>Finds what a header's token says, if that is still good.</summary>
    internal VerifiedToken? Find(string header) =>
        _tokens.TryGetValue(header, out VerifiedToken? known) && IsGood(known!) ? known : null;

    /// <summary>Remembers what a header's token says.</summary>
    internal void Add(string header, VerifiedToken verified) =>
        _tokens.Set(
            header,
            verified,
            new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = AccessTokens.MaxLifetime }
        );

    public void Dispose() => _tokens.Dispose();

    // Whole, since cutting the token out of it would copy it for each call.
    private static string? HeaderOf(HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && header.StartsWith(Scheme, StringComparison.Ordinal)
            ? header
            : null;

    // The ring is loaded anew when its keys change, and all its keys are other objects then.
    private bool IsGood(VerifiedToken known) =>
        clock.Now < known.Caller.ExpiresAt + AccessTokens.ClockSkew && ring.VerificationKeys.Contains(known.Key);
}
