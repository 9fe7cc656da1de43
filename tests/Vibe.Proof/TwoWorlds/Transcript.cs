using System.Globalization;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Vibe.Testing;

namespace Vibe.Proof.TwoWorlds;

/// <summary>
/// All that a watcher was told, in words in which two worlds can be compared: names of the owner become one name, opaque
/// tokens and etags their number in the order of their first appearance with their length, times the mere fact that there
/// is one. Nothing else is left out.
/// </summary>
internal sealed class Transcript(World world)
{
    private static readonly DateTimeOffset AnyTime = DateTimeOffset.FromUnixTimeSeconds(1);
    private static readonly TypeRegistry Details = TypeRegistry.FromMessages(
        ErrorInfo.Descriptor,
        BadRequest.Descriptor,
        RetryInfo.Descriptor,
        RequestInfo.Descriptor
    );

    private readonly Dictionary<string, int> _opaque = new(StringComparer.Ordinal);

    public List<string> Lines { get; } = [];

    /// <summary>Writes down one message.</summary>
    public void Message(string what, IMessage message)
    {
        var still = message.Descriptor.Parser.ParseFrom(message.ToByteArray());
        StopTime(still);
        var text = new StringBuilder();
        Tell(still, text);
        Lines.Add($"{what}: {still.CalculateSize()} bytes {text}");
    }

    /// <summary>Writes down how a call ended.</summary>
    public void Status(string what, RpcException? refusal, Metadata headers, Metadata trailers)
    {
        Lines.Add($"{what} headers: {Tell(headers)}");
        Lines.Add($"{what} trailers: {Tell(trailers)}");
        if (refusal is null)
            return;
        Lines.Add($"{what} refused: {refusal.StatusCode} {Renamed(refusal.Status.Detail)}");
        if (refusal.GetRpcStatus() is { } status)
            Message(what, status);
    }

    private string Tell(Metadata metadata) =>
        string.Join(
            ' ',
            metadata
                .Where(entry => entry.Key != "date")
                .Select(entry =>
                    entry.IsBinary ? $"{entry.Key}[{entry.ValueBytes.Length}]"
                    : entry.Key.Contains("request-id", StringComparison.Ordinal) ? $"{entry.Key}[{entry.Value.Length}]"
                    : $"{entry.Key}={Renamed(entry.Value)}"
                )
        );

    private void Tell(IMessage message, StringBuilder text)
    {
        if (message is Any any)
        {
            Tell(any.Unpack(Details), text.Append(any.TypeUrl));
            return;
        }
        text.Append('{');
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            if (field.IsMap)
            {
                foreach (
                    System.Collections.DictionaryEntry entry in (System.Collections.IDictionary)
                        field.Accessor.GetValue(message)
                )
                    Tell(Convert.ToString(entry.Key, CultureInfo.InvariantCulture)!, entry.Value!, text);
            }
            else if (field.IsRepeated)
            {
                foreach (var value in (System.Collections.IEnumerable)field.Accessor.GetValue(message))
                    Tell(field.Name, value, text);
            }
            else if (!field.HasPresence || field.Accessor.HasValue(message))
                Tell(field.Name, field.Accessor.GetValue(message), text);
        }
        text.Append('}');
    }

    private void Tell(string name, object value, StringBuilder text)
    {
        text.Append(name).Append('=');
        switch (value)
        {
            case string { Length: > 0 } token
                when name is "etag" or "resume_token" or "next_page_token" or "consistency_token":
                if (!_opaque.TryGetValue(token, out var number))
                    _opaque[token] = number = _opaque.Count;
                text.Append(CultureInfo.InvariantCulture, $"#{number}[{token.Length}]");
                break;
            case string id when name == "request_id":
                text.Append(CultureInfo.InvariantCulture, $"[{id.Length}]");
                break;
            case string other:
                text.Append(Renamed(other));
                break;
            case ByteString bytes:
                text.Append(bytes.ToStringUtf8());
                break;
            case IMessage message:
                Tell(message, text);
                break;
            default:
                text.Append(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
        text.Append(' ');
    }

    private string Renamed(string text)
    {
        for (var i = 0; i < world.Names.Count; i++)
            text = text.Replace(world.Names[i], $"<name {i}>[{world.Names[i].Length}]", StringComparison.Ordinal);
        return text;
    }

    private static void StopTime(IMessage message)
    {
        if (message is Vibe.Sync.V1.Opened opened)
            opened.Lifetime = null;
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            if (field.FieldType != FieldType.Message || field.IsMap)
                continue;
            if (field.IsRepeated)
            {
                foreach (IMessage value in (System.Collections.IEnumerable)field.Accessor.GetValue(message))
                    StopTime(value);
            }
            else if (field.MessageType == Timestamp.Descriptor && field.Accessor.HasValue(message))
                field.Accessor.SetValue(message, Timestamp.FromDateTimeOffset(AnyTime));
            else if (field.Accessor.HasValue(message))
                StopTime((IMessage)field.Accessor.GetValue(message));
        }
    }
}
