namespace Vibe.Load.Clients;

/// <summary>Says what a machine lacks for a client.</summary>
internal sealed class MissingClientException(string message) : Exception(message);
