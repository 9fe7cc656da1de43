using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;
using Vibe.Hosting.Errors;
using Vibe.Testing;

namespace Vibe.Server.Tests.Door;

/// <summary>The three ways to call a method.</summary>
public enum Protocol
{
    Grpc,
    GrpcWeb,
    Rest,
}

/// <summary>Calls any method of the contract by its descriptor, and says in one word what came of it.</summary>
internal static class Protocols
{
    /// <summary>What a call gives that is carried out.</summary>
    public const string Ok = "OK";

    /// <summary>Calls a method; gives <see cref="Ok"/> or the reason of the refusal.</summary>
    public static Task<string> CallAsync(Protocol protocol, Actor actor, MethodDescriptor method, IMessage request) =>
        protocol switch
        {
            Protocol.Grpc => CallAsync(actor.Invoker, method, request),
            Protocol.GrpcWeb => CallAsync(actor.WebInvoker, method, request),
            _ => RestAsync(actor, method, request),
        };

    private static async Task<string> CallAsync(CallInvoker invoker, MethodDescriptor descriptor, IMessage request)
    {
        var bytes = Marshallers.Create(static (byte[] message) => message, static message => message);
        var type =
            descriptor.IsClientStreaming ? MethodType.DuplexStreaming
            : descriptor.IsServerStreaming ? MethodType.ServerStreaming
            : MethodType.Unary;
        var method = new Method<byte[], byte[]>(type, descriptor.Service.FullName, descriptor.Name, bytes, bytes);
        var options = new CallOptions(deadline: DateTime.UtcNow.AddSeconds(30));
        try
        {
            switch (type)
            {
                case MethodType.Unary:
                    await invoker.AsyncUnaryCall(method, null, options, request.ToByteArray());
                    break;
                case MethodType.ServerStreaming:
                    using (var call = invoker.AsyncServerStreamingCall(method, null, options, request.ToByteArray()))
                        await call.ResponseStream.MoveNext();
                    break;
                default:
                    using (var call = invoker.AsyncDuplexStreamingCall(method, null, options))
                    {
                        await call.RequestStream.WriteAsync(request.ToByteArray());
                        await call.ResponseStream.MoveNext();
                    }
                    break;
            }
            return Ok;
        }
        catch (RpcException exception)
        {
            return exception.Reason();
        }
    }

    private static async Task<string> RestAsync(Actor actor, MethodDescriptor method, IMessage request)
    {
        using var client = actor.Rest();
        using var message = RestRequests.Of(method, request);
        using var response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
        if (response.IsSuccessStatusCode)
            return Ok;
        return ReasonIn(await response.Content.ReadAsStringAsync());
    }

    /// <summary>Gives the reason in the JSON of a refusal.</summary>
    public static string ReasonIn(string json)
    {
        var parser = new JsonParser(JsonParser.Settings.Default.WithTypeRegistry(Refusal.DetailTypes));
        return parser.Parse<Google.Rpc.Status>(json).GetDetail<ErrorInfo>()!.Reason;
    }
}
