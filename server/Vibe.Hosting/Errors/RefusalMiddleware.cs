using Google.Rpc;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Vibe.Hosting.Requests;

namespace Vibe.Hosting.Errors;

/// <summary>
/// Gives the refusals that frameworks make before any rpc runs (malformed, too large, unknown method), and what fails at
/// the door, the same status with its reason that our own have.
/// </summary>
internal sealed partial class RefusalMiddleware(RequestDelegate next, ILogger<RefusalMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            if (context.GetEndpoint() is null || RawPath.HasDots(context))
                await WriteUnknownAsync(context);
            else if (Refusal.IsGrpc(context.Request))
                await GrpcAsync(context);
            else
                await RestAsync(context);
        }
        catch (Exception exception) when (!context.Response.HasStarted && exception is not OperationCanceledException)
        {
            LogFailed(context.GetEndpoint()?.DisplayName, exception);
            await Refusal.WriteAsync(context, CallErrors.Of(exception));
        }
    }

    private async Task GrpcAsync(HttpContext context)
    {
        await next(context);
        var response = context.Response;
        if (response.HasStarted || Refusal.HasDetails(response))
            return;
        if (response.StatusCode == StatusCodes.Status415UnsupportedMediaType)
            response.StatusCode = StatusCodes.Status200OK;
        var code = int.TryParse(response.Headers["grpc-status"], out var value) ? (Code)value : (Code?)null;
        if (code is null or Code.Ok or Code.Cancelled)
            return;
        if (context.Features.Get<CarriedOut>() is not null)
            LogUnsent(context.GetEndpoint()?.DisplayName, code.Value);
        Refusal.PutInHeaders(response, Refusal.ToStatus(Named(code.Value, context), context));
    }

    private async Task RestAsync(HttpContext context)
    {
        var body = context.Response.Body;
        var held = new FrameworkErrorStream(context.Response, body);
        context.Response.Body = held;
        try
        {
            await next(context);
        }
        catch (BadHttpRequestException exception) when (!context.Response.HasStarted)
        {
            context.Response.Body = body;
            var error =
                exception.StatusCode == StatusCodes.Status413PayloadTooLarge
                    ? CallErrors.MessageTooLarge(LimitOf(context))
                    : CallErrors.MessageMalformed();
            await Refusal.WriteAsync(context, error);
            return;
        }
        finally
        {
            context.Response.Body = body;
        }
        await held.FinishAsync(context);
    }

    internal static Task WriteUnknownAsync(HttpContext context)
    {
        var error = CallErrors.MethodUnknown();
        return Refusal.IsGrpc(context.Request)
            ? Refusal.WriteAsync(context, error)
            : Refusal.WriteJsonAsync(context, Refusal.ToStatus(error, context), Refusal.HttpStatusOf(error.Reason));
    }

    /// <summary>The reason behind a status that a framework made, which has a code and no details.</summary>
    internal static VibeException Named(Code code, HttpContext context, string? message = null) =>
        code switch
        {
            Code.ResourceExhausted => CallErrors.MessageTooLarge(LimitOf(context)),
            Code.DeadlineExceeded => CallErrors.DeadlineExceeded(),
            // Methods that are unknown have no endpoint, and are answered before.
            Code.Unimplemented when context.Request.Headers["grpc-encoding"] is { Count: > 0 } encoding =>
                CallErrors.EncodingUnsupported(encoding.ToString()),
            Code.Unimplemented => CallErrors.MethodUnknown(),
            _ => CallErrors.MessageMalformed(message),
        };

    private static int LimitOf(HttpContext context) =>
        context.RequestServices.GetRequiredService<Limits>().MessageBytes;

    [LoggerMessage(1005, LogLevel.Error, "{Method} failed before it was carried out")]
    private partial void LogFailed(string? method, Exception exception);

    [LoggerMessage(1004, LogLevel.Error, "{Method} gave an answer that could not be sent: {Code}")]
    private partial void LogUnsent(string? method, Code code);
}
