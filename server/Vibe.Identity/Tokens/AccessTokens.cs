using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Vibe.Hosting.Access;
using Vibe.Identity.Keys;
using Vibe.Storage;

namespace Vibe.Identity.Tokens;

/// <summary>
/// Access tokens (RFC 9068, ES256): they name a person, a client and a grant, hold no right and count nothing. No endpoint
/// hands them out; who mints one has the database and the master key.
/// </summary>
public sealed class AccessTokens(KeyRing ring, Clock clock)
{
    /// <summary>How long a token lives at most.</summary>
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromMinutes(15);

    /// <summary>By how much the clocks of servers may differ.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    private const string TokenType = "at+jwt";

    /// <summary>Mints a token.</summary>
    /// <param name="person">The person's DID.</param>
    /// <param name="client">The app's id, or <c>vibe</c> for a first-party session.</param>
    /// <param name="grant">The id of the grant, or nothing where there is none.</param>
    /// <param name="lifetime">How long it lives, 15 minutes at most.</param>
    public (string Token, DateTimeOffset ExpiresAt) Mint(string person, string client, string? grant, TimeSpan lifetime)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lifetime, MaxLifetime);
        ArgumentOutOfRangeException.ThrowIfLessThan(lifetime, TimeSpan.FromSeconds(1));
        var now = clock.Now;
        var claims = new Dictionary<string, object>
        {
            ["sub"] = person,
            ["client_id"] = client,
            ["jti"] = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
        };
        if (grant is not null)
            claims["gid"] = grant;
        var token = new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
            new SecurityTokenDescriptor
            {
                TokenType = TokenType,
                Issuer = ring.ServerId,
                Audience = ring.ServerId,
                IssuedAt = now.UtcDateTime,
                Expires = (now + lifetime).UtcDateTime,
                Claims = claims,
                SigningCredentials = ring.SigningCredentials,
            }
        );
        return (token, now + lifetime);
    }

    /// <summary>What a token must be to be let in.</summary>
    internal TokenValidationParameters Validation =>
        new()
        {
            ValidTypes = [TokenType],
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            IssuerValidator = (issuer, _, _) =>
                issuer == ring.ServerId ? issuer : throw new SecurityTokenInvalidIssuerException(),
            AudienceValidator = (audiences, _, _) => audiences.Contains(ring.ServerId),
            IssuerSigningKeyResolver = (_, _, kid, _) => ring.VerificationKeys.Where(key => key.KeyId == kid),
            LifetimeValidator = IsAlive,
            RequireSignedTokens = true,
            NameClaimType = "sub",
        };

    private bool IsAlive(
        DateTime? notBefore,
        DateTime? expires,
        SecurityToken token,
        TokenValidationParameters parameters
    )
    {
        if (expires is not { } end || token is not JsonWebToken jwt)
            return false;
        if (end - jwt.IssuedAt > MaxLifetime + TimeSpan.FromSeconds(1))
            return false;
        var now = clock.Now.UtcDateTime;
        if (now >= end + ClockSkew)
            throw new SecurityTokenExpiredException();
        return now + ClockSkew >= jwt.IssuedAt;
    }
}
