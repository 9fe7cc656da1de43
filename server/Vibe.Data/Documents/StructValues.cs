using System.Text.Json;
using Google.Protobuf.WellKnownTypes;

namespace Vibe.Data.Documents;

/// <summary>Reads canonical JSON into structured values. Its depth was bounded when it was written.</summary>
internal static class StructValues
{
    private static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = int.MaxValue };

    public static Value Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, AnyDepth);
        reader.Read();
        return Read(ref reader);
    }

    private static Value Read(ref Utf8JsonReader reader) =>
        reader.TokenType switch
        {
            JsonTokenType.StartObject => new Value { StructValue = ReadObject(ref reader) },
            JsonTokenType.StartArray => new Value { ListValue = ReadArray(ref reader) },
            JsonTokenType.String => Value.ForString(reader.GetString()!),
            JsonTokenType.Number => Value.ForNumber(reader.GetDouble()),
            JsonTokenType.True => Value.ForBool(true),
            JsonTokenType.False => Value.ForBool(false),
            _ => Value.ForNull(),
        };

    private static Struct ReadObject(ref Utf8JsonReader reader)
    {
        var value = new Struct();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            reader.Read();
            value.Fields.Add(name, Read(ref reader));
        }

        return value;
    }

    private static ListValue ReadArray(ref Utf8JsonReader reader)
    {
        var list = new ListValue();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            list.Values.Add(Read(ref reader));
        }

        return list;
    }
}
