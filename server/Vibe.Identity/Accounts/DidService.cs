namespace Vibe.Identity.Accounts;

/// <summary>An address that a person's log names, for example that of the server which hosts the account.</summary>
internal sealed record DidService(string Type, string Endpoint);
