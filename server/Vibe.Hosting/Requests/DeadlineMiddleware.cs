using System.Globalization;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Vibe.Hosting.Errors;

namespace Vibe.Hosting.Requests;

/// <summary>
/// Gives calls without a deadline one, and shortens those that ask for too much. Streams live by their token, and by a
/// deadline only where their caller sets one. A deadline that cannot be read is refused: taken as none, the call would
/// outlive what its caller waits for.
/// </summary>
internal sealed class DeadlineMiddleware(RequestDelegate next, Limits limits)
{
    private const string GrpcTimeout = "grpc-timeout";

    // What the protocol allows: eight digits and a unit.
    private const int MaxLength = 9;

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method is not { } method)
            await next(context);
        else if (Refusal.IsGrpc(context.Request))
            await GrpcAsync(context, method.Type);
        else if (method.Type == MethodType.Unary)
            await RestAsync(context);
        else
            await next(context);
    }

    private Task GrpcAsync(HttpContext context, MethodType type)
    {
        var header = context.Request.Headers[GrpcTimeout];
        if (header.Count > 0 && Asked(header) is null)
            return Refusal.WriteAsync(
                context,
                CallErrors.MessageMalformed("The header 'grpc-timeout' is no deadline, like '5S'.")
            );
        if (type == MethodType.Unary)
        {
            var granted = Asked(header) ?? limits.DefaultDeadline;
            if (header.Count == 0 || granted > limits.MaxDeadline)
                context.Request.Headers[GrpcTimeout] = Written(
                    granted < limits.MaxDeadline ? granted : limits.MaxDeadline
                );
        }
        return next(context);
    }

    private async Task RestAsync(HttpContext context)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(limits.DefaultDeadline);
        context.RequestAborted = limit.Token;
        await next(context);
    }

    private static string Written(TimeSpan deadline) =>
        string.Create(CultureInfo.InvariantCulture, $"{(long)deadline.TotalMilliseconds}m");

    private static TimeSpan? Asked(StringValues header)
    {
        if (header is not [{ Length: > 1 and <= MaxLength } text])
            return null;
        if (!long.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var amount))
            return null;
        return text[^1] switch
        {
            'H' => TimeSpan.FromHours(amount),
            'M' => TimeSpan.FromMinutes(amount),
            'S' => TimeSpan.FromSeconds(amount),
            'm' => TimeSpan.FromMilliseconds(amount),
            'u' => TimeSpan.FromMicroseconds(amount),
            'n' => TimeSpan.FromMicroseconds(amount / 1000.0),
            _ => null,
        };
    }
}
