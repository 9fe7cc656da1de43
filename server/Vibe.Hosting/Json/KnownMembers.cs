using System.Text.Json;
using Google.Protobuf.Reflection;
using Vibe.Hosting.Errors;

namespace Vibe.Hosting.Json;

/// <summary>
/// Refuses members of a REST body that its message does not have. A misspelt member that is passed over in silence changes
/// what a request means: an update without its paths, a write without its condition.
/// </summary>
internal static class KnownMembers
{
    // Deep enough for everything that the strict scan before has let through.
    private const int MaxDepth = 64;

    /// <summary>Checks the body of a request that takes none: an empty object, as some clients send it, or nothing.</summary>
    /// <exception cref="VibeException">MESSAGE_MALFORMED.</exception>
    public static void CheckNone(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        reader.Read();
        if (
            reader.TokenType != JsonTokenType.StartObject
            || !reader.Read()
            || reader.TokenType != JsonTokenType.EndObject
        )
            throw CallErrors.MessageMalformed("The method takes no body.");
    }

    /// <summary>Checks a body against the message that it stands for.</summary>
    /// <exception cref="VibeException">MESSAGE_MALFORMED, naming the member.</exception>
    public static void Check(ReadOnlySpan<byte> json, MessageDescriptor message)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        reader.Read();
        Check(ref reader, message);
    }

    private static void Check(ref Utf8JsonReader reader, MessageDescriptor message)
    {
        if (reader.TokenType != JsonTokenType.StartObject || IsFree(message))
        {
            reader.Skip();
            return;
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            var field =
                message
                    .Fields.InDeclarationOrder()
                    .FirstOrDefault(field => field.JsonName == name || field.Name == name)
                ?? throw CallErrors.MessageMalformed(
                    $"{message.FullName} has no member '{JsonPointer.ForMessage(name)}'."
                );
            reader.Read();
            CheckValue(ref reader, field);
        }
    }

    private static void CheckValue(ref Utf8JsonReader reader, FieldDescriptor field)
    {
        if (field.FieldType != FieldType.Message || field.IsMap)
            reader.Skip();
        else if (field.IsRepeated && reader.TokenType == JsonTokenType.StartArray)
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                Check(ref reader, field.MessageType);
        else
            Check(ref reader, field.MessageType);
    }

    // Google's own messages have JSON forms of their own.
    private static bool IsFree(MessageDescriptor message) => message.File.Package == "google.protobuf";
}
