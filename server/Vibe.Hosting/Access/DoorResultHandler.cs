using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Vibe.Errors.V1;
using Vibe.Hosting.Errors;

namespace Vibe.Hosting.Access;

/// <summary>Tells those who are not let in why, in the protocol that they speak.</summary>
internal sealed class DoorResultHandler : IAuthorizationMiddlewareResultHandler
{
    public Task HandleAsync(
        RequestDelegate next,
        HttpContext context,
        AuthorizationPolicy policy,
        PolicyAuthorizationResult result
    )
    {
        if (result.Succeeded)
            return next(context);
        if (result.Challenged)
            return Refusal.WriteAsync(context, context.Features.Get<TokenFlaw>()?.Error ?? DoorErrors.TokenMissing());
        var refusal = result.AuthorizationFailure?.FailureReasons.OfType<DoorRefusal>().FirstOrDefault();
        return Refusal.WriteAsync(
            context,
            refusal?.Error ?? new VibeException(ErrorReason.NotGranted, "No grant allows the operation.")
        );
    }
}

/// <summary>What is wrong with the token that a request carries; set by whoever verified it.</summary>
public sealed record TokenFlaw(VibeException Error);
