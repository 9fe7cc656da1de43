using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Vibe.Hosting.Requests;

/// <summary>The names of rpcs in what operators see: <c>package.Service/Method</c>, and one name for all that is none.</summary>
public static class Rpc
{
    /// <summary>What stands for everything that is no rpc of the contract. Its own name is its caller's text.</summary>
    public const string Unknown = "unknown";

    /// <summary>The rpc that runs.</summary>
    public static string NameOf(ServerCallContext context) => context.Method.TrimStart('/');

    /// <summary>The rpc that a request asks for, in whatever protocol.</summary>
    internal static string NameOf(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.FullName.TrimStart('/') ?? Unknown;
}
