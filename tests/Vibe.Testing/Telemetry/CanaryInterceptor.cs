using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Vibe.Testing.Telemetry;

/// <summary>Notes what tests send over gRPC.</summary>
internal sealed class CanaryInterceptor(Canaries canaries) : Interceptor
{
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncUnaryCallContinuation<TRequest, TResponse> continuation
    )
    {
        Note(request);
        return continuation(request, context);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation
    )
    {
        Note(request);
        return continuation(request, context);
    }

    private void Note<TRequest>(TRequest request)
    {
        if (request is IMessage message)
            canaries.Add(message);
    }
}
