using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Vibe.Client;

/// <summary>How values become JSON where the app names no metadata of its own.</summary>
internal static class Json
{
    /// <summary>
    /// Property names as written, and nulls left out: else a typed app would name members it may not write. Letters are
    /// not escaped, for the limits count bytes and no browser reads this as HTML.
    /// </summary>
    public static readonly JsonSerializerOptions WithoutNulls = new(JsonSerializerOptions.Default)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>For updates, where everything named is written.</summary>
    public static readonly JsonSerializerOptions WithNulls = new(JsonSerializerOptions.Default)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static JsonNode? ToNode(object? value) =>
        value is null ? null : JsonSerializer.SerializeToNode(value, value.GetType(), WithoutNulls);

    /// <summary>Serializes the members that an update names.</summary>
    public static byte[] MembersToUtf8(object members)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(members, members.GetType(), WithNulls);
        return json is [(byte)'{', ..]
            ? json
            : throw new ArgumentException("Members are an object or a map of names to values.", nameof(members));
    }

    public static string ToText(ReadOnlyMemory<byte> utf8) => Encoding.UTF8.GetString(utf8.Span);
}
