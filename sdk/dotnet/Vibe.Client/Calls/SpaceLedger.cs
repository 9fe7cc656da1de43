namespace Vibe.Client.Calls;

/// <summary>What the client keeps for one space.</summary>
internal sealed class SpaceLedger
{
    /// <summary>Bounds the writes in flight, and with them the tokens to quote and the server's queue.</summary>
    public WriteQueue Queue { get; } = new(ConsistencyTokens.Limit);

    public ConsistencyTokens Tokens { get; } = new();
}
