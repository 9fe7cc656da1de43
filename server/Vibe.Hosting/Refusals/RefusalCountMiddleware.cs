using Microsoft.AspNetCore.Http;
using Vibe.Errors.V1;
using Vibe.Hosting.Access;
using Vibe.Hosting.Requests;

namespace Vibe.Hosting.Refusals;

/// <summary>Counts a refused request once it is answered, whoever refused it and in whatever protocol.</summary>
internal sealed class RefusalCountMiddleware(RequestDelegate next, RefusalCounts counts)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        finally
        {
            if (context.Features.Get<Refused>() is { } refused)
                counts.Add(Caller.Of(context), Rpc.NameOf(context), refused.Reason);
        }
    }
}

/// <summary>Marks a request that was refused, and why.</summary>
internal sealed record Refused(ErrorReason Reason);
