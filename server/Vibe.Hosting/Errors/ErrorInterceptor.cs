using System.Data.Common;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Health.V1;
using Microsoft.Extensions.Logging;
using Vibe.Errors.V1;
using Vibe.Hosting.Requests;

namespace Vibe.Hosting.Errors;

/// <summary>The one place where what an rpc throws becomes the status that its caller sees.</summary>
internal sealed partial class ErrorInterceptor(ILogger<ErrorInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request,
        ServerCallContext context,
        UnaryServerMethod<TRequest, TResponse> continuation
    )
    {
        try
        {
            var response = await continuation(request, context);
            context.GetHttpContext().Features.Set(new CarriedOut());
            return response;
        }
        catch (Exception exception)
        {
            throw Translate(exception, request, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation
    )
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception exception)
        {
            throw Translate(exception, request, context);
        }
    }

    private RpcException Translate(Exception exception, object request, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        switch (exception)
        {
            case RpcException { StatusCode: StatusCode.NotFound } when request is HealthCheckRequest health:
                return Refusal.ToStatus(CallErrors.NotFound(health.Service), http).ToRpcException();
            case RpcException known:
                return known;
            case VibeException refusal:
                if (refusal.InnerException is not null)
                    LogRefusedFor(context.Method, refusal.Reason, refusal.InnerException);
                return Refusal.ToStatus(refusal, http).ToRpcException();
            case OperationCanceledException when CallDeadline.IsOver(http):
                return Refusal.ToStatus(CallErrors.DeadlineExceeded(), http).ToRpcException();
            case OperationCanceledException when context.CancellationToken.IsCancellationRequested:
                return new RpcException(new Status(StatusCode.Cancelled, "The caller went away."));
            case DbException:
                LogStorageFailed(context.Method, exception);
                return Refusal.ToStatus(CallErrors.Of(exception), http).ToRpcException();
            default:
                LogFailed(context.Method, exception);
                return Refusal.ToStatus(CallErrors.Of(exception), http).ToRpcException();
        }
    }

    [LoggerMessage(1001, LogLevel.Error, "{Method} failed")]
    private partial void LogFailed(string method, Exception exception);

    [LoggerMessage(1002, LogLevel.Error, "{Method} met a failure of the storage")]
    private partial void LogStorageFailed(string method, Exception exception);

    [LoggerMessage(1003, LogLevel.Warning, "{Method} was refused with {Reason} because of a failure inside")]
    private partial void LogRefusedFor(string method, ErrorReason reason, Exception exception);
}

/// <summary>Marks a request whose method gave an answer: what fails from then on is the server's own fault.</summary>
internal sealed record CarriedOut;
