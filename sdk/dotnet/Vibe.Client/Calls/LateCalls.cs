using Grpc.Core;

namespace Vibe.Client.Calls;

/// <summary>Calls that begin when something has ended, and are given away before that.</summary>
internal static class LateCalls
{
    public static AsyncUnaryCall<TResponse> Unary<TResponse>(Task after, Func<AsyncUnaryCall<TResponse>> begin)
        where TResponse : class
    {
        var call = BeginAsync(after, begin);
        return new AsyncUnaryCall<TResponse>(
            AnswerAsync(),
            static late => HeadersAsync((Task<AsyncUnaryCall<TResponse>>)late, begun => begun.ResponseHeadersAsync),
            static late => Begun((Task<AsyncUnaryCall<TResponse>>)late).GetStatus(),
            static late => Begun((Task<AsyncUnaryCall<TResponse>>)late).GetTrailers(),
            static late => EndWhenBegun((Task<AsyncUnaryCall<TResponse>>)late),
            call
        );

        async Task<TResponse> AnswerAsync() => await (await call.ConfigureAwait(false)).ConfigureAwait(false);
    }

    public static AsyncServerStreamingCall<TResponse> Stream<TResponse>(
        Task after,
        Func<AsyncServerStreamingCall<TResponse>> begin
    )
        where TResponse : class
    {
        var call = BeginAsync(after, begin);
        return new AsyncServerStreamingCall<TResponse>(
            new Reader<TResponse>(call),
            static late =>
                HeadersAsync((Task<AsyncServerStreamingCall<TResponse>>)late, begun => begun.ResponseHeadersAsync),
            static late => Begun((Task<AsyncServerStreamingCall<TResponse>>)late).GetStatus(),
            static late => Begun((Task<AsyncServerStreamingCall<TResponse>>)late).GetTrailers(),
            static late => EndWhenBegun((Task<AsyncServerStreamingCall<TResponse>>)late),
            call
        );
    }

    private static async Task<TCall> BeginAsync<TCall>(Task after, Func<TCall> begin)
    {
        await after.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return begin();
    }

    private static async Task<Metadata> HeadersAsync<TCall>(Task<TCall> call, Func<TCall, Task<Metadata>> headers) =>
        await headers(await call.ConfigureAwait(false)).ConfigureAwait(false);

    private static TCall Begun<TCall>(Task<TCall> call) =>
        call.IsCompletedSuccessfully
            ? call.Result
            : throw new InvalidOperationException("The call has not ended; there is no status yet.");

    private static void EndWhenBegun<TCall>(Task<TCall> call)
        where TCall : IDisposable =>
        call.ContinueWith(
            static begun => begun.Result.Dispose(),
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );

    private sealed class Reader<TResponse>(Task<AsyncServerStreamingCall<TResponse>> call)
        : IAsyncStreamReader<TResponse>
    {
        public TResponse Current => Begun(call).ResponseStream.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken) =>
            await (await call.ConfigureAwait(false)).ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false);
    }
}
