using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Vibe.Testing.Telemetry;

/// <summary>Notes what a caller sends over gRPC and gRPC-web, and what it is told when it is refused.</summary>
internal sealed class CanaryInterceptor(Canaries canaries, string caller) : Interceptor
{
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncUnaryCallContinuation<TRequest, TResponse> continuation
    )
    {
        Sent(request, context.Method);
        var call = continuation(request, context);
        return new AsyncUnaryCall<TResponse>(
            AnswerAsync(call.ResponseAsync),
            call.ResponseHeadersAsync,
            call.GetStatus,
            call.GetTrailers,
            call.Dispose
        );
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation
    )
    {
        Sent(request, context.Method);
        var call = continuation(request, context);
        return new AsyncServerStreamingCall<TResponse>(
            new Answers<TResponse>(this, call.ResponseStream),
            call.ResponseHeadersAsync,
            call.GetStatus,
            call.GetTrailers,
            call.Dispose
        );
    }

    private void Sent<TRequest, TResponse>(TRequest request, Method<TRequest, TResponse> method)
    {
        if (request is IMessage message)
            canaries.Sent(caller, Texts.Of(message));
        else if (request is byte[] bytes)
            canaries.Sent(caller, Texts.OfMessage(Contract.Input(method.FullName), bytes));
    }

    private async Task<T> AnswerAsync<T>(Task<T> answering)
    {
        try
        {
            return await answering;
        }
        catch (RpcException refusal)
        {
            canaries.Told(caller, Texts.Of(refusal));
            throw;
        }
    }

    private sealed class Answers<T>(CanaryInterceptor canary, IAsyncStreamReader<T> inner) : IAsyncStreamReader<T>
    {
        public T Current => inner.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            var isMore = await canary.AnswerAsync(inner.MoveNext(cancellationToken));
            // A stream ends in band.
            if (isMore && Current is IMessage message)
                canary.Told(message);
            return isMore;
        }
    }

    private void Told(IMessage answer) => canaries.Told(caller, Texts.OfStatuses(answer));
}
