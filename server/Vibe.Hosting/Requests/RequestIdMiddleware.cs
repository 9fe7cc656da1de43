using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Vibe.Hosting.Requests;

/// <summary>Gives each request a random id, which its answer, its errors and every line of the log carry.</summary>
internal sealed class RequestIdMiddleware(RequestDelegate next, ILogger<RequestIdMiddleware> logger)
{
    private static readonly Func<ILogger, string, IDisposable?> Scope = LoggerMessage.DefineScope<string>(
        "RequestId:{RequestId}"
    );

    public async Task InvokeAsync(HttpContext context)
    {
        context.TraceIdentifier = RandomBytes.Hex(16);
        context.Response.Headers["x-request-id"] = context.TraceIdentifier;
        using (Scope(logger, context.TraceIdentifier))
            await next(context);
    }
}
