namespace Vibe.Client;

/// <summary>What a read may be told.</summary>
public sealed class ReadOptions
{
    /// <summary>
    /// Asks for an answer at least as fresh as the write that gave this token. Writes of the same client need none:
    /// they are quoted by themselves.
    /// </summary>
    public string? ConsistencyToken { get; init; }

    /// <summary>How long the call may take as a whole; null takes that of the client.</summary>
    public TimeSpan? Timeout { get; init; }
}
