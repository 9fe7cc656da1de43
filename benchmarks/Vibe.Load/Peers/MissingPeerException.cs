namespace Vibe.Load.Peers;

/// <summary>Says what a peer needs that is not here.</summary>
internal sealed class MissingPeerException(string message) : Exception(message);
