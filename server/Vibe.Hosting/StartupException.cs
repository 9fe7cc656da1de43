namespace Vibe.Hosting;

/// <summary>Why a server does not start, and what to do about it.</summary>
public sealed class StartupException(string message, Exception? inner = null) : Exception(message, inner);
