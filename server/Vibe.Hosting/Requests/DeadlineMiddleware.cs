using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Vibe.Hosting.Errors;

namespace Vibe.Hosting.Requests;

/// <summary>The time that a call was given, and whether it is over.</summary>
internal sealed record CallDeadline(TimeSpan Granted, CancellationToken Over)
{
    /// <summary>Whether the time of a request is over, so that this is why it was cancelled.</summary>
    public static bool IsOver(HttpContext context) =>
        context.Features.Get<CallDeadline>() is { Over.IsCancellationRequested: true };
}

/// <summary>
/// Gives calls without a deadline one, and shortens those that ask for too much. Streams live by their token, and by a
/// deadline only where their caller sets one. A deadline that cannot be read is refused: taken as none, the call would
/// outlive what its caller waits for. The deadline is kept here, at every door alike; left to the framework, it would
/// end a call over gRPC without a reason.
/// </summary>
internal sealed class DeadlineMiddleware(RequestDelegate next, Limits limits)
{
    private const string GrpcTimeout = "grpc-timeout";

    // What the protocol allows: eight digits and a unit.
    private const int MaxLength = 9;

    // What the web server keeps of an answer that is not taken; of one that is longer, what is over waits.
    private const int Kept = 64 << 10;

    // No token, and so no stream, lives as long; timers take no more than some weeks.
    private static readonly TimeSpan LongestStream = TimeSpan.FromDays(1);

    public Task InvokeAsync(HttpContext context)
    {
        if (Rpc.MethodOf(context) is not { } method)
            return next(context);
        var header = Refusal.IsGrpc(context.Request) ? context.Request.Headers[GrpcTimeout] : StringValues.Empty;
        var asked = Asked(header);
        if (header.Count > 0 && asked is null)
            return Refusal.WriteAsync(
                context,
                CallErrors.MessageMalformed("The header 'grpc-timeout' is no deadline, like '5S'.")
            );
        context.Request.Headers.Remove(GrpcTimeout);
        if (method.Type == MethodType.Unary)
            return LimitedAsync(context, Earlier(asked ?? limits.DefaultDeadline, limits.MaxDeadline), AnswerAsync);
        return asked is { } limit ? LimitedAsync(context, Earlier(limit, LongestStream), StreamAsync) : next(context);
    }

    private static async Task LimitedAsync(
        HttpContext context,
        TimeSpan granted,
        Func<HttpContext, CancellationToken, Task> run
    )
    {
        if (granted == TimeSpan.Zero)
        {
            await Refusal.WriteAsync(context, CallErrors.DeadlineExceeded());
            return;
        }
        using var over = new CancellationTokenSource(granted);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, over.Token);
        context.RequestAborted = ended.Token;
        context.Features.Set(new CallDeadline(granted, over.Token));
        await run(context, over.Token);
    }

    // A stream that is not read ends by a patience of its own, and one that is says itself that its time is over.
    private Task StreamAsync(HttpContext context, CancellationToken over) => next(context);

    // An answer that its caller has not taken by then would else wait for it without end, and be held in memory.
    private async Task AnswerAsync(HttpContext context, CancellationToken over)
    {
        await using var leaving = over.Register(LeaveUnread, context);
        await next(context);
        if (context.Response.BodyWriter is { CanGetUnflushedBytes: true, UnflushedBytes: > Kept } answer)
            await answer.FlushAsync(CancellationToken.None);
    }

    private static void LeaveUnread(object? context)
    {
        if (context is HttpContext { Response.HasStarted: true } unread)
            unread.Abort();
    }

    private static TimeSpan Earlier(TimeSpan one, TimeSpan other) => one < other ? one : other;

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
            'n' => TimeSpan.FromMicroseconds(amount / 1000.0), // Less than a tick is over at once.
            _ => null,
        };
    }
}
