using Grpc.Core;

namespace Vibe.Client.Calls;

/// <summary>
/// What generated stubs call through: adds the token and, to single calls, the deadline; nothing else.
/// </summary>
internal sealed class RawInvoker(CallInvoker inner, CallCredentials token, TimeSpan timeout) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        string? host,
        CallOptions options,
        TRequest request
    ) => inner.BlockingUnaryCall(method, host, WithDeadline(options), request);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        string? host,
        CallOptions options,
        TRequest request
    ) => inner.AsyncUnaryCall(method, host, WithDeadline(options), request);

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        string? host,
        CallOptions options,
        TRequest request
    ) => inner.AsyncServerStreamingCall(method, host, WithToken(options), request);

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

    private CallOptions WithDeadline(CallOptions options) =>
        WithToken(options.Deadline is null ? options.WithDeadline(DateTime.UtcNow + timeout) : options);

    private CallOptions WithToken(CallOptions options) =>
        options.Credentials is null ? options.WithCredentials(token) : options;
}
