using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Vibe.Hosting.Requests;

/// <summary>
/// Which rpc runs, and its name in what operators see: <c>package.Service/Method</c>, and one name for all that is none.
/// </summary>
public static class Rpc
{
    /// <summary>What stands for everything that is no rpc of the contract. Its own name is its caller's text.</summary>
    public const string Unknown = "unknown";

    /// <summary>The rpc that runs.</summary>
    public static string NameOf(ServerCallContext context) => context.Method.TrimStart('/');

    /// <summary>The rpc that a request asks for, in whatever protocol.</summary>
    internal static string NameOf(HttpContext context) => MethodOf(context)?.FullName.TrimStart('/') ?? Unknown;

    /// <summary>The method that a request asks for, in whatever protocol, or nothing where it is none of the contract.</summary>
    internal static IMethod? MethodOf(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method;
}
