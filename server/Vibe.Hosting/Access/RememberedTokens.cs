using Microsoft.AspNetCore.Http;

namespace Vibe.Hosting.Access;

/// <summary>Knows callers by the tokens that were verified before.</summary>
public abstract class RememberedTokens
{
    /// <summary>
    /// Lets a request be that of the caller whose token it carries, where the token was found good before and still is.
    /// What it says of all others is nothing: their tokens are still to be verified.
    /// </summary>
    /// <returns>Whether it knows the caller.</returns>
    public abstract bool Recognize(HttpContext context);
}
