using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Vibe.Proof.StoredTruth.Oracles;

/// <summary>Writes the values that histories are made of as RFC 8785 does.</summary>
internal static class CanonicalJson
{
    private static readonly JsonSerializerOptions Plain = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Of(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Object =>
                $"{{{string.Join(',', value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal).Select(member => $"{Text(member.Name)}:{Of(member.Value)}"))}}}",
            JsonValueKind.Array => $"[{string.Join(',', value.EnumerateArray().Select(Of))}]",
            JsonValueKind.String => Text(value.GetString()!),
            JsonValueKind.Number => value.GetDouble().ToString("R", CultureInfo.InvariantCulture),
            _ => value.GetRawText(),
        };

    private static string Text(string text) => JsonSerializer.Serialize(text, Plain);
}
