namespace Vibe.Cli.Running;

/// <summary>Whoever read stdout has enough, as <c>head</c> does.</summary>
internal sealed class OutputClosedException(Exception inner) : Exception("Nobody reads the output any more.", inner);
