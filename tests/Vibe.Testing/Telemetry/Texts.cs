using System.Collections;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Vibe.Hosting.Errors;

namespace Vibe.Testing.Telemetry;

/// <summary>The texts in what is sent and told, each as its reader has it: decoded, and apart from what stands around it.</summary>
public static partial class Texts
{
    // A document has no more; what is larger is sent to be refused.
    private const int LongestJson = 1 << 20;

    private static readonly TypeRegistry Details = Refusal.DetailTypes;

    private static readonly JsonParser Refusals = new(JsonParser.Settings.Default.WithTypeRegistry(Details));

    /// <summary>All texts of a message, however deep, but for the id of a call.</summary>
    public static IEnumerable<string> Of(IMessage message) =>
        message switch
        {
            Any any => any.Unpack(Details) is { } detail ? Of(detail) : [],
            RequestInfo => [],
            _ => message
                .Descriptor.Fields.InDeclarationOrder()
                .SelectMany(field => OfValue(field.Accessor.GetValue(message))),
        };

    /// <summary>All texts of a request in bytes; if they are none, whatever text they may be.</summary>
    public static IEnumerable<string> OfMessage(MessageDescriptor? type, byte[] bytes)
    {
        try
        {
            if (type is not null)
                return Of(type.Parser.ParseFrom(bytes));
        }
        catch (InvalidProtocolBufferException)
        {
            // Tests send what is broken as well.
        }
        return [Encoding.UTF8.GetString(bytes)];
    }

    /// <summary>A text as it is, and all names and texts in it if it is JSON that may be taken.</summary>
    public static IEnumerable<string> OfJson(ReadOnlyMemory<byte> json)
    {
        var whole = Encoding.UTF8.GetString(json.Span);
        if (json.Length > LongestJson)
            return [whole];
        try
        {
            using var document = JsonDocument.Parse(json);
            return [whole, .. OfElement(document.RootElement)];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return [whole];
        }
    }

    /// <summary>A path and its segments, without a verb, and the values of a query.</summary>
    public static IEnumerable<string> OfTarget(string target)
    {
        var parts = target.Split('?', 2);
        var values = parts.Length == 1 ? [] : parts[1].Split('&').Select(pair => pair[(pair.IndexOf('=') + 1)..]);
        return parts[0]
            .Split('/')
            .Select(segment => Verb().Replace(segment, ""))
            .Concat(values)
            .Append(parts[0])
            .Select(Uri.UnescapeDataString);
    }

    /// <summary>What a refused caller is told in headers and trailers, apart from the id of its call and from statuses.</summary>
    public static IEnumerable<string> OfHeaders(IEnumerable<KeyValuePair<string, string>> headers) =>
        headers
            .Where(header => header.Key != "x-request-id" && !header.Key.EndsWith("-bin", StringComparison.Ordinal))
            .Select(header => header.Value);

    /// <summary>What a refused caller is told over gRPC.</summary>
    public static IEnumerable<string> Of(RpcException refusal) =>
        [
            refusal.Status.Detail,
            .. OfHeaders(
                refusal
                    .Trailers.Where(trailer => !trailer.IsBinary)
                    .Select(trailer => KeyValuePair.Create(trailer.Key, trailer.Value))
            ),
            .. refusal.GetRpcStatus() is { } status ? Of(status) : [],
        ];

    /// <summary>What a refused caller is told over REST.</summary>
    public static IEnumerable<string> OfRefusal(ReadOnlyMemory<byte> json)
    {
        try
        {
            return Of(Refusals.Parse<Google.Rpc.Status>(Encoding.UTF8.GetString(json.Span)));
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or InvalidJsonException)
        {
            return OfJson(json);
        }
    }

    /// <summary>What a caller is told in an answer of why something in it is not given.</summary>
    public static IEnumerable<string> OfStatuses(IMessage answer) =>
        answer is Google.Rpc.Status status
            ? Of(status)
            : answer
                .Descriptor.Fields.InDeclarationOrder()
                .Where(field => field is { FieldType: FieldType.Message, IsRepeated: false })
                .Select(field => field.Accessor.GetValue(answer))
                .OfType<IMessage>()
                .SelectMany(OfStatuses);

    private static IEnumerable<string> OfValue(object? value) =>
        value switch
        {
            string text => [text],
            ByteString bytes => OfJson(bytes.Memory),
            IMessage message => Of(message),
            IDictionary map => OfValue(map.Keys).Concat(OfValue(map.Values)),
            IEnumerable values => values.Cast<object?>().SelectMany(OfValue),
            _ => [],
        };

    private static IEnumerable<string> OfElement(JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.String => [element.GetString()!],
            JsonValueKind.Array => element.EnumerateArray().SelectMany(OfElement),
            JsonValueKind.Object => element
                .EnumerateObject()
                .SelectMany(member => OfElement(member.Value).Concat(OfBytes(member)).Prepend(member.Name)),
            _ => [],
        };

    // A body as bytes stands in JSON in base64.
    private static IEnumerable<string> OfBytes(JsonProperty member) =>
        member.NameEquals("json")
        && member.Value.ValueKind == JsonValueKind.String
        && member.Value.TryGetBytesFromBase64(out var bytes)
            ? OfJson(bytes)
            : [];

    [GeneratedRegex("(?<=.):[A-Za-z]+$")]
    private static partial Regex Verb();
}
