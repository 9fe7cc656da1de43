namespace Vibe.Proof.StoredTruth;

/// <summary>The server told something that is not the stored truth.</summary>
internal sealed class Violation(string message) : Exception(message);
