using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Vibe.Access.V1;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Storage;

namespace Vibe.Consent.Policy;

/// <summary>
/// Stands at the door of methods that act by consent: an app whose grant allows none of the method's operations anywhere
/// does not come in. What it may do inside is decided there, for each resource and in the state that it is read from; so
/// whoever was let in by what is known of an earlier state gets no further than in.
/// </summary>
internal sealed class GrantDoorHandler(ConsentPolicy policy, Database database)
    : AuthorizationHandler<AccessRequirement>
{
    protected override async Task HandleRequirementAsync(
        AuthorizationHandlerContext context,
        AccessRequirement requirement
    )
    {
        if (requirement.Rule.CallerCase != AccessRule.CallerOneofCase.Consented)
            return;
        if (context.Resource is not HttpContext http || Caller.Of(http) is not { IsFirstParty: false } caller)
            return;
        if (policy.MayEnter(caller, requirement.Rule.Consented.Operations))
        {
            context.Succeed(requirement);
            return;
        }
        try
        {
            await using var snapshot = await database.ReadAsync(http.RequestAborted);
            await policy.RequireAnywhereAsync(
                snapshot,
                caller,
                requirement.Rule.Consented.Operations,
                http.RequestAborted
            );
            context.Succeed(requirement);
        }
        catch (VibeException error)
        {
            context.Fail(new DoorRefusal(this, error));
        }
    }
}
