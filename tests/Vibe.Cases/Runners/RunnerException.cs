namespace Vibe.Cases.Runners;

/// <summary>A runner that is not there any more.</summary>
internal sealed class RunnerException(string message) : Exception(message);
