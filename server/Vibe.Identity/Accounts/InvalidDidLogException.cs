namespace Vibe.Identity.Accounts;

/// <summary>An operation, or a log of them, that does not prove what it claims. The message says which rule it breaks.</summary>
internal sealed class InvalidDidLogException(string message, Exception? inner = null) : Exception(message, inner);
