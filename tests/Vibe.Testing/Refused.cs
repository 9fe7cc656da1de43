using Google.Rpc;
using Grpc.Core;

namespace Vibe.Testing;

/// <summary>Reads from a refusal what the contract promises to be in it.</summary>
public static class Refused
{
    /// <summary>Carries out a call that must be refused, and gives its status with the details.</summary>
    public static async Task<RpcException> Async(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (RpcException exception)
        {
            return exception;
        }
        throw new InvalidOperationException("The call was carried out and should have been refused.");
    }

    /// <summary>The reason in a refusal.</summary>
    public static string Reason(this RpcException exception) => exception.Info().Reason;

    /// <summary>The metadata in a refusal.</summary>
    public static IDictionary<string, string> Metadata(this RpcException exception) => exception.Info().Metadata;

    /// <summary>The detail that names the reason.</summary>
    public static ErrorInfo Info(this RpcException exception) =>
        exception.GetRpcStatus()?.GetDetail<ErrorInfo>()
        ?? throw new InvalidOperationException($"The refusal carries no reason: {exception.Status}");
}
