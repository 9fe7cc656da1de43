using Grpc.Core;

namespace Vibe.Client.Calls;

/// <summary>
/// What generated stubs call through: adds the token and, to single calls, the deadline; nothing else. Nothing is tried again
/// here, so a call waits until the server has been asked once where its package is.
/// </summary>
internal sealed class RawInvoker(CallInvoker inner, Endpoints endpoints, CallCredentials token, TimeSpan timeout)
    : CallInvoker
{
    // The question ends before.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        string? host,
        CallOptions options,
        TRequest request
    )
    {
        var complete = WithDeadline(options);
        KnownAsync(complete).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
        return inner.BlockingUnaryCall(method, host, complete, request);
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        string? host,
        CallOptions options,
        TRequest request
    )
    {
        var complete = WithDeadline(options);
        var known = KnownAsync(complete);
        return known.IsCompleted ? Begin() : LateCalls.Unary(known, Begin);

        AsyncUnaryCall<TResponse> Begin() => inner.AsyncUnaryCall(method, host, complete, request);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        string? host,
        CallOptions options,
        TRequest request
    )
    {
        var complete = WithToken(options);
        var known = KnownAsync(complete);
        return known.IsCompleted ? Begin() : LateCalls.Stream(known, Begin);

        AsyncServerStreamingCall<TResponse> Begin() => inner.AsyncServerStreamingCall(method, host, complete, request);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        string? host,
        CallOptions options
    ) => inner.AsyncClientStreamingCall(method, host, WithToken(options));

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        string? host,
        CallOptions options
    ) => inner.AsyncDuplexStreamingCall(method, host, WithToken(options));

    // Whoever waited longer than the call may take begins it nevertheless, and it ends in gRPC's own way.
    private Task KnownAsync(CallOptions options)
    {
        endpoints.AskBeside();
        if (endpoints.First.IsCompleted)
        {
            return Task.CompletedTask;
        }

        var left = (options.Deadline ?? DateTime.MaxValue) - DateTime.UtcNow;
        return endpoints.First.WaitAsync(
            left < TimeSpan.Zero ? TimeSpan.Zero
                : left < LongestWait ? left
                : LongestWait,
            options.CancellationToken
        );
    }

    private CallOptions WithDeadline(CallOptions options) =>
        WithToken(options.Deadline is null ? options.WithDeadline(DateTime.UtcNow + timeout) : options);

    private CallOptions WithToken(CallOptions options) =>
        options.Credentials is null ? options.WithCredentials(token) : options;
}
