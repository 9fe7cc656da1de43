using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Vibe.Access.V1;
using Vibe.Errors.V1;
using Vibe.Hosting.Errors;

namespace Vibe.Hosting.Access;

/// <summary>
/// Decides the rules that need nothing but the token. An app before a <c>consented</c> method is left to whoever knows
/// the grants; where nobody speaks, it stays out.
/// </summary>
internal sealed class DoorHandler : AuthorizationHandler<AccessRequirement>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, AccessRequirement requirement)
    {
        if (context.Resource is not HttpContext http || Caller.Of(http) is not { } caller)
            return Task.CompletedTask;
        switch (requirement.Rule.CallerCase)
        {
            case AccessRule.CallerOneofCase.SignedIn:
            case AccessRule.CallerOneofCase.Owner or AccessRule.CallerOneofCase.Consented when caller.IsFirstParty:
                context.Succeed(requirement);
                break;
            case AccessRule.CallerOneofCase.Owner:
                context.Fail(new DoorRefusal(this, DoorErrors.OwnerRequired()));
                break;
        }
        return Task.CompletedTask;
    }
}

/// <summary>Why the door stayed shut, in the words of the contract.</summary>
public sealed class DoorRefusal(IAuthorizationHandler handler, VibeException error)
    : AuthorizationFailureReason(handler, error.Message)
{
    /// <summary>What the caller is told.</summary>
    public VibeException Error { get; } = error;
}

/// <summary>What the door says to those that it does not let in.</summary>
public static class DoorErrors
{
    /// <summary>The call carries no token, and the method needs one.</summary>
    public static VibeException TokenMissing() =>
        new(
            ErrorReason.AccessTokenMissing,
            "The method needs an access token in the header 'authorization: Bearer …'."
        );

    /// <summary>The token is not one of this server's. Which flaw it has is not told.</summary>
    public static VibeException TokenInvalid() =>
        new(ErrorReason.AccessTokenInvalid, "The access token is not valid on this server.");

    /// <summary>The token's time ran out.</summary>
    public static VibeException TokenExpired() =>
        new(ErrorReason.AccessTokenExpired, "The access token has expired; get a new one and repeat the call.");

    /// <summary>Only the owner of the resource may do this, in a first-party session.</summary>
    public static VibeException OwnerRequired(string? resource = null) =>
        new(
            ErrorReason.OwnerRequired,
            "Only the owner may do this, in a first-party session.",
            resource is null ? null : new Dictionary<string, string> { ["resource"] = resource }
        );
}
