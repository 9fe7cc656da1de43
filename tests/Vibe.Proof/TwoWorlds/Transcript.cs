using System.Collections;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Vibe.Hosting.Errors;
using Vibe.Testing;

namespace Vibe.Proof.TwoWorlds;

/// <summary>
/// All that a watcher was told, in words in which two worlds can be compared: names of the owner become one name, opaque
/// tokens their number in the order of their first appearance with their length. Nothing else is left out, neither a time
/// nor a byte.
/// </summary>
internal sealed partial class Transcript(World world)
{
    private const int LongText = 300;

    private static readonly TypeRegistry Details = Refusal.DetailTypes;

    private readonly Dictionary<string, int> _opaque = new(StringComparer.Ordinal);

    public List<string> Lines { get; } = [];

    /// <summary>Writes down a call, with all that came back.</summary>
    /// <param name="what">Which call.</param>
    /// <param name="headers">What stood before the answer.</param>
    /// <param name="trailers">What stood behind it.</param>
    /// <param name="refusal">That it was refused.</param>
    /// <param name="answer">The answer, where it was not.</param>
    /// <param name="body">The answer as it came, where that was text.</param>
    public void Call(
        string what,
        Metadata headers,
        Metadata trailers,
        RpcException? refusal,
        IMessage? answer,
        string? body
    )
    {
        var text = new StringBuilder(what);
        Tell(headers, text.Append(" | "));
        Tell(trailers, text.Append(" | "));
        if (refusal is not null)
            text.Append(" | refused: ").Append(refusal.StatusCode).Append(' ').Append(Renamed(refusal.Status.Detail));
        if ((answer ?? refusal?.GetRpcStatus()) is { } message)
            Tell(message, text.Append(CultureInfo.InvariantCulture, $" | {message.CalculateSize()} bytes "));
        Add(text, body);
    }

    /// <summary>Writes down one message of a stream.</summary>
    public void Message(string what, IMessage message, string? body)
    {
        var text = new StringBuilder(what).Append(
            CultureInfo.InvariantCulture,
            $" at {world.Clock.GetUtcNow():HH:mm:ss.ffffff}: {message.CalculateSize()} bytes "
        );
        Tell(message, text);
        Add(text, body);
    }

    private void Add(StringBuilder text, string? body)
    {
        if (body is not null)
            text.Append(" | ").Append(Short(TokenForm().Replace(Renamed(body), token => Opaque(token.Value))));
        Lines.Add(text.ToString());
    }

    private void Tell(Metadata metadata, StringBuilder text)
    {
        foreach (var entry in metadata)
        {
            text.Append(entry.Key);
            if (entry.IsBinary)
                text.Append(CultureInfo.InvariantCulture, $"[{entry.ValueBytes.Length}] ");
            else if (entry.Key.ToLowerInvariant() is "date" or "x-request-id")
                text.Append(CultureInfo.InvariantCulture, $"[{entry.Value.Length}] ");
            else
                text.Append('=').Append(Renamed(entry.Value)).Append(' ');
        }
    }

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
                foreach (DictionaryEntry entry in (IDictionary)field.Accessor.GetValue(message))
                    Tell(Convert.ToString(entry.Key, CultureInfo.InvariantCulture)!, entry.Value!, text);
            }
            else if (field.IsRepeated)
            {
                foreach (var value in (IEnumerable)field.Accessor.GetValue(message))
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
            case string { Length: > 0 } token when name is "resume_token" or "next_page_token" or "consistency_token":
                _opaque.TryAdd(token, _opaque.Count);
                text.Append(Opaque(token));
                break;
            case string id when name == "request_id":
                text.Append(CultureInfo.InvariantCulture, $"[{id.Length}]");
                break;
            case string other:
                text.Append(Short(Renamed(other)));
                break;
            case ByteString bytes:
                text.Append(Short(bytes.ToStringUtf8()));
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

    // What looks like a token and was never given as one stands for itself, request ids apart.
    private string Opaque(string token) =>
        _opaque.TryGetValue(token, out var number) ? $"#{number}[{token.Length}]"
        : RequestId().IsMatch(token) ? $"[{token.Length}]"
        : token;

    private string Renamed(string text)
    {
        var names = world.Names;
        for (var i = 0; i < names.Count; i++)
            text = text.Replace(names[i], $"<name {i}>[{names[i].Length}]", StringComparison.Ordinal);
        return text;
    }

    // Equal digests stand for equal texts; the beginning is for whoever reads of a difference.
    private static string Short(string text) =>
        text.Length <= LongText
            ? text
            : $"{text[..LongText]}…[{text.Length}]{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16]}";

    [GeneratedRegex("[A-Za-z0-9_-]{32,}")]
    private static partial Regex TokenForm();

    [GeneratedRegex("^[0-9a-f]{32}$")]
    private static partial Regex RequestId();
}
