namespace Vibe.Load.Generators;

/// <summary>Says why a run gives no figure.</summary>
internal sealed class LoadException(string message) : Exception(message);
