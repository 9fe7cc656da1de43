using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Vibe.Hosting.Requests;

/// <summary>Gives each request a random id, which its answer, its errors and the log carry.</summary>
internal sealed class RequestIdMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        context.TraceIdentifier = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        context.Response.Headers["x-request-id"] = context.TraceIdentifier;
        return next(context);
    }
}
