using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Vibe.Identity.Keys;
using Vibe.Identity.Tokens;
using Vibe.Storage.Examinations;

namespace Vibe.Identity.Examinations;

/// <summary>Tells whether a token is this server's. Nothing that is in the token is told.</summary>
public sealed class TokenExamination(KeyRing ring, AccessTokens tokens)
{
    private const string Check = "token";

    /// <summary>Examines an access token, or one of those that only a server reads.</summary>
    /// <param name="token">The token.</param>
    public async Task<Finding> RunAsync(string token)
    {
        var handler = new JsonWebTokenHandler();
        if (token.Count(character => character == '.') == 2 && handler.CanReadToken(token))
            return await AccessTokenAsync(handler, token);
        if (Sealer.KeyIdOf(token) is not { } key)
            return new Finding(
                Check,
                "It has not the form of a token of Vibe.",
                "Look whether all of it was copied, and nothing else with it."
            );
        return ring.SealingKey(key) is null
            ? OfAnother("It is a token that only its server reads, and was sealed by a key that this server has not.")
            : new Finding(Check, "It was sealed by this server.");
    }

    private async Task<Finding> AccessTokenAsync(JsonWebTokenHandler handler, string token)
    {
        if (handler.ReadJsonWebToken(token).Issuer != ring.ServerId)
            return OfAnother("It is an access token that another server minted.");
        var result = await handler.ValidateTokenAsync(token, tokens.Validation);
        return result.Exception switch
        {
            null => new Finding(Check, "It is an access token of this server."),
            SecurityTokenExpiredException => new Finding(
                Check,
                "It is an access token of this server whose time ran out.",
                "Mint another: 'vibe token'."
            ),
            _ => OfAnother("It names this server, and its signature is not by one of this server's keys."),
        };
    }

    private static Finding OfAnother(string says) =>
        new(Check, says, "Use it where it was made, or point --data and --postgres at the data of that server.");
}
