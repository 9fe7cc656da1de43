using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Vibe.Hosting.Errors;
using Vibe.Hosting.Requests;

namespace Vibe.Hosting.Access;

/// <summary>
/// Bounds how many calls of one app run at once in this process, before they cost more than their token: further ones wait
/// for the app's own calls, so that an app that floods the server stands in nobody's way but its own. Streams have
/// ceilings of their own.
/// </summary>
internal sealed class AppCallsMiddleware(RequestDelegate next, Limits limits)
{
    private readonly Places _places = new(limits.AppCalls, limits.AppCallsWaiting);

    public Task InvokeAsync(HttpContext context) =>
        Caller.Of(context) is { IsFirstParty: false } app && Rpc.MethodOf(context)?.Type == MethodType.Unary
            ? WaitAsync(context, app)
            : next(context);

    private async Task WaitAsync(HttpContext context, Caller app)
    {
        IDisposable? place;
        try
        {
            place = await _places.EnterAsync(app.Client, context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            if (CallDeadline.IsOver(context))
                await Refusal.WriteAsync(context, CallErrors.DeadlineExceeded());
            return;
        }
        using (place)
            if (place is not null)
                await next(context);
            else
                await Refusal.WriteAsync(context, CallErrors.TooManyCalls(limits.AppCalls + limits.AppCallsWaiting));
    }
}
