using System.Net.Http.Headers;
using System.Text;
using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;
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
        using var message = RestRequest(method, request);
        using var response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
        if (response.IsSuccessStatusCode)
            return Ok;
        return ReasonIn(await response.Content.ReadAsStringAsync());
    }

    /// <summary>Gives the reason in the JSON of a refusal.</summary>
    public static string ReasonIn(string json)
    {
        var parser = new JsonParser(
            JsonParser.Settings.Default.WithTypeRegistry(TypeRegistry.FromFiles(ErrorDetailsReflection.Descriptor))
        );
        return parser.Parse<Google.Rpc.Status>(json).GetDetail<ErrorInfo>()!.Reason;
    }

    /// <summary>Writes a request as the HTTP rule of its method maps it.</summary>
    public static HttpRequestMessage RestRequest(MethodDescriptor method, IMessage request)
    {
        var rule = method.GetOptions().GetExtension(AnnotationsExtensions.Http);
        var (verb, template) = rule.PatternCase switch
        {
            HttpRule.PatternOneofCase.Get => (HttpMethod.Get, rule.Get),
            HttpRule.PatternOneofCase.Post => (HttpMethod.Post, rule.Post),
            HttpRule.PatternOneofCase.Patch => (HttpMethod.Patch, rule.Patch),
            _ => (HttpMethod.Delete, rule.Delete),
        };
        var bound = new List<string>();
        var path = System.Text.RegularExpressions.Regex.Replace(
            template,
            @"\{([a-z_.]+)=[^}]*\}",
            match =>
            {
                bound.Add(match.Groups[1].Value);
                return Scalar(request, match.Groups[1].Value);
            }
        );
        var query = string.Join('&', Query(request, bound.Append(rule.Body), ""));
        var message = new HttpRequestMessage(verb, query.Length == 0 ? path : $"{path}?{query}");
        if (rule.Body.Length > 0)
            message.Content = new StringContent(
                JsonFormatter.Default.Format(rule.Body == "*" ? Without(request, bound) : Inner(request, rule.Body)),
                Encoding.UTF8,
                new MediaTypeHeaderValue("application/json")
            );
        return message;
    }

    private static string Scalar(IMessage message, string path)
    {
        foreach (var name in path.Split('.')[..^1])
            message = Inner(message, name);
        return (string)Field(message, path.Split('.')[^1]).Accessor.GetValue(message);
    }

    private static IMessage Inner(IMessage message, string name) =>
        (IMessage?)Field(message, name).Accessor.GetValue(message)
        ?? (IMessage)Activator.CreateInstance(Field(message, name).MessageType.ClrType)!;

    private static IMessage Without(IMessage message, IEnumerable<string> fields)
    {
        var copy = message.Descriptor.Parser.ParseFrom(message.ToByteArray());
        foreach (var field in fields)
            Field(copy, field).Accessor.Clear(copy);
        return copy;
    }

    private static IEnumerable<string> Query(IMessage message, IEnumerable<string> elsewhere, string prefix)
    {
        if (elsewhere.Contains("*"))
            yield break;
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            var name = prefix + field.Name;
            if (elsewhere.Contains(name) || field.IsRepeated)
                continue;
            var value = field.Accessor.GetValue(message);
            if (value is IMessage inner)
                foreach (var pair in Query(inner, elsewhere, $"{name}."))
                    yield return pair;
            else if (value is string { Length: > 0 } text)
                yield return $"{name}={Uri.EscapeDataString(text)}";
            else if (value is true)
                yield return $"{name}=true";
            else if (value is int and not 0)
                yield return $"{name}={value}";
        }
    }

    private static FieldDescriptor Field(IMessage message, string name) => message.Descriptor.FindFieldByName(name);
}
