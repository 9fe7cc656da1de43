namespace Vibe.Cases.Scenarios;

/// <summary>A scenario that says what nobody understands.</summary>
internal sealed class ScenarioException(string message, Exception? cause = null) : Exception(message, cause);
