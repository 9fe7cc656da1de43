namespace Vibe.Client;

/// <summary>
/// An access token, as a sign-in gives it. The client never looks into it and never prints it.
/// </summary>
public sealed class AccessToken
{
    /// <summary>Makes a token that is used until the server refuses it.</summary>
    /// <param name="value">The token's text; not empty.</param>
    public AccessToken(string value)
        : this(value, null) { }

    /// <summary>Makes a token whose end is known, so that it is renewed one minute before.</summary>
    /// <param name="value">The token's text; not empty.</param>
    /// <param name="expiresAt">When the token ends, or null where that is not known.</param>
    public AccessToken(string value, DateTimeOffset? expiresAt)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(value);
        Value = value;
        ExpiresAt = expiresAt;
    }

    /// <summary>When the token ends; null where that is not known, and it is then used until it is refused.</summary>
    public DateTimeOffset? ExpiresAt { get; }

    internal string Value { get; }

    /// <summary>Makes a token of a text, without a known end.</summary>
    /// <param name="value">The token's text; not empty.</param>
    public static implicit operator AccessToken(string value) => new(value);

    /// <summary>Returns the word <c>AccessToken</c>, and never the token's value.</summary>
    /// <returns>The word <c>AccessToken</c>.</returns>
    public override string ToString() => nameof(AccessToken);
}
