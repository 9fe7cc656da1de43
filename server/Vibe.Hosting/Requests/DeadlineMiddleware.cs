using System.Globalization;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Vibe.Hosting.Requests;

/// <summary>Gives calls without a deadline one, and shortens those that ask for too much. Streams live by their token.</summary>
internal sealed class DeadlineMiddleware(RequestDelegate next)
{
    private const string GrpcTimeout = "grpc-timeout";

    public async Task InvokeAsync(HttpContext context)
    {
        var method = context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method;
        if (method is not { Type: MethodType.Unary })
        {
            await next(context);
            return;
        }
        if (Errors.Refusal.IsGrpc(context.Request))
        {
            if (
                Asked(context.Request.Headers[GrpcTimeout]) is var asked
                && (asked is null || asked > Limits.MaxDeadline)
            )
            {
                var granted = asked is null ? Limits.DefaultDeadline : Limits.MaxDeadline;
                context.Request.Headers[GrpcTimeout] = $"{(int)granted.TotalSeconds}S";
            }
            await next(context);
            return;
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(Limits.DefaultDeadline);
        context.RequestAborted = limit.Token;
        await next(context);
    }

    private static TimeSpan? Asked(string? header)
    {
        if (header is not { Length: > 1 and <= 9 })
            return null;
        if (!long.TryParse(header[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var amount))
            return null;
        return header[^1] switch
        {
            'H' => TimeSpan.FromHours(Math.Min(amount, 24)),
            'M' => TimeSpan.FromMinutes(Math.Min(amount, 24 * 60)),
            'S' => TimeSpan.FromSeconds(amount),
            'm' => TimeSpan.FromMilliseconds(amount),
            'u' => TimeSpan.FromMicroseconds(amount),
            'n' => TimeSpan.FromMicroseconds(amount / 1000.0),
            _ => null,
        };
    }
}
