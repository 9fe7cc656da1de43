namespace Vibe.Client;

/// <summary>One thing that is wrong in a request.</summary>
/// <param name="Field">The member of the request, such as <c>writes[2].if_match</c>.</param>
/// <param name="Description">What is wrong with it, in words.</param>
public sealed record Violation(string Field, string Description);
