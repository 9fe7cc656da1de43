namespace Vibe.Cases.Programs;

/// <summary>A request that the runner does not know.</summary>
internal sealed class UnknownException(string message) : Exception(message);
