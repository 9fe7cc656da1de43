namespace Vibe.Client;

/// <summary>What a subscription may be told.</summary>
public sealed class SubscribeOptions
{
    /// <summary>
    /// Continues after the page that gave this token; null begins with a snapshot. A token that the server cannot
    /// continue from begins with a reset and is no error.
    /// </summary>
    public string? ResumeToken { get; init; }

    /// <summary>
    /// Asks that nothing older than the write that gave this token is taken for caught up. Writes of the same client
    /// need none.
    /// </summary>
    public string? ConsistencyToken { get; init; }
}
