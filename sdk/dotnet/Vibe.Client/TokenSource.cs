namespace Vibe.Client;

/// <summary>
/// Where a client gets its access tokens from. A string converts to a source that always gives that token.
/// </summary>
public sealed class TokenSource
{
    private readonly Func<CancellationToken, Task<AccessToken?>> _fetch;

    private TokenSource(Func<CancellationToken, Task<AccessToken?>> fetch, bool isFixed)
    {
        _fetch = fetch;
        IsFixed = isFixed;
    }

    internal bool IsFixed { get; }

    /// <summary>Makes a source that always gives the same token.</summary>
    /// <param name="token">The token's text; not empty.</param>
    public static implicit operator TokenSource(string token) => Of(new AccessToken(token));

    /// <summary>Makes a source that always gives the same token.</summary>
    /// <param name="token">The token.</param>
    public static implicit operator TokenSource(AccessToken token) => Of(token);

    /// <summary>
    /// Makes a source that asks a function. The client calls it when it needs a token: at first, again one minute
    /// before <see cref="AccessToken.ExpiresAt"/>, and once after the server refused the present one. It is never
    /// called twice at the same time, has 30 seconds to answer, and no lock is held meanwhile.
    /// </summary>
    /// <param name="fetch">
    /// Gives a token. Null, or the very token that was refused, means signed out: calls and subscriptions then end
    /// with UNAUTHENTICATED. What it throws counts as a failure that may pass, and it is asked again.
    /// </param>
    /// <returns>The source.</returns>
    public static TokenSource From(Func<CancellationToken, Task<AccessToken?>> fetch)
    {
        ArgumentNullException.ThrowIfNull(fetch);
        return new TokenSource(fetch, isFixed: false);
    }

    internal Task<AccessToken?> FetchAsync(CancellationToken cancellationToken) => _fetch(cancellationToken);

    private static TokenSource Of(AccessToken token)
    {
        ArgumentNullException.ThrowIfNull(token);
        return new TokenSource(_ => Task.FromResult<AccessToken?>(token), isFixed: true);
    }
}
