using System.Formats.Cbor;
using System.Text.Json.Nodes;

namespace Vibe.Identity.Accounts;

/// <summary>
/// DAG-CBOR for the values that operations are made of: text, null, lists and maps. Map keys are ordered by length,
/// then by bytes, and every value has exactly one encoding.
/// </summary>
internal static class DagCbor
{
    private const int MaxDepth = 8;

    public static byte[] Encode(JsonNode? value)
    {
        // Canonical conformance is RFC 7049's: the writer orders the keys of a map as DAG-CBOR does.
        var writer = new CborWriter(CborConformanceMode.Canonical);
        Write(writer, value);
        return writer.Encode();
    }

    public static JsonNode? Decode(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var reader = new CborReader(bytes, CborConformanceMode.Canonical);
            var value = Read(reader, depth: 0);
            return reader.BytesRemaining == 0 ? value : throw new InvalidDidLogException("bytes follow the value");
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException or OverflowException)
        {
            throw new InvalidDidLogException("not canonical DAG-CBOR", e);
        }
    }

    private static void Write(CborWriter writer, JsonNode? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNull();
                break;
            case JsonArray list:
                writer.WriteStartArray(list.Count);
                foreach (var item in list)
                    Write(writer, item);
                writer.WriteEndArray();
                break;
            case JsonObject map:
                writer.WriteStartMap(map.Count);
                foreach (var (key, item) in map)
                {
                    writer.WriteTextString(key);
                    Write(writer, item);
                }
                writer.WriteEndMap();
                break;
            default:
                writer.WriteTextString(value.GetValue<string>());
                break;
        }
    }

    private static JsonNode? Read(CborReader reader, int depth)
    {
        if (depth > MaxDepth)
            throw new InvalidDidLogException("nested too deep");
        switch (reader.PeekState())
        {
            case CborReaderState.Null:
                reader.ReadNull();
                return null;
            case CborReaderState.TextString:
                return JsonValue.Create(reader.ReadTextString());
            case CborReaderState.StartArray:
                var list = new JsonArray();
                reader.ReadStartArray();
                while (reader.PeekState() != CborReaderState.EndArray)
                    list.Add(Read(reader, depth + 1));
                reader.ReadEndArray();
                return list;
            case CborReaderState.StartMap:
                var map = new JsonObject();
                reader.ReadStartMap();
                while (reader.PeekState() != CborReaderState.EndMap)
                    map.Add(reader.ReadTextString(), Read(reader, depth + 1));
                reader.ReadEndMap();
                return map;
            default:
                throw new InvalidDidLogException("holds a value that no operation has");
        }
    }
}
