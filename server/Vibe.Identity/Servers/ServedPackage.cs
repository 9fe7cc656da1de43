namespace Vibe.Identity.Servers;

/// <summary>A package of the contract that the server has.</summary>
/// <param name="Name">Its name, for example <c>vibe.data.v1</c>.</param>
/// <param name="Role">The role that serves it.</param>
/// <param name="IsHere">Whether this process has that role.</param>
public sealed record ServedPackage(string Name, string Role, bool IsHere);
