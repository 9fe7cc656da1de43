using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using RpcStatus = Google.Rpc.Status;
using StatusCode = Grpc.Core.StatusCode;

namespace Vibe.Client.Tests.Scripted;

/// <summary>Errors as a Vibe server sends them.</summary>
internal static class Failures
{
    public static RpcStatus Status(
        StatusCode code,
        Reason reason,
        TimeSpan? retry = null,
        params (string Key, string Value)[] metadata
    )
    {
        var info = new ErrorInfo { Domain = "vibe", Reason = reason.Value };
        foreach (var (key, value) in metadata)
        {
            info.Metadata.Add(key, value);
        }

        var status = new RpcStatus
        {
            Code = (int)code,
            Message = "It did not work.",
            Details = { Any.Pack(info), Any.Pack(new RequestInfo { RequestId = "3f9c" }) },
        };
        if (retry is { } delay)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = delay.ToDuration() }));
        }

        return status;
    }

    public static RpcException Exception(
        StatusCode code,
        Reason reason,
        TimeSpan? retry = null,
        params (string Key, string Value)[] metadata
    ) => Status(code, reason, retry, metadata).ToRpcException();

    public static RpcException Bare(StatusCode code) => new(new Grpc.Core.Status(code, "Gone."));
}
