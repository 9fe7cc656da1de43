using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Vibe.Cases.Scenarios;

namespace Vibe.Cases.Worlds;

/// <summary>Makes messages of their JSON, in which documents are written as they are and not as base64, and statuses as failures.</summary>
internal static class Messages
{
    private static readonly JsonParser Parser = new(
        JsonParser.Settings.Default.WithTypeRegistry(TypeRegistry.FromFiles(ErrorDetailsReflection.Descriptor))
    );

    public static byte[] Bytes(MessageDescriptor type, JsonNode json) =>
        Parser.Parse(Encoded(json)!.ToJsonString(), type).ToByteArray();

    private static JsonNode? Encoded(JsonNode? node) =>
        node switch
        {
            JsonObject found when found.ContainsKey("$json") => Convert.ToBase64String(
                System.Text.Encoding.UTF8.GetBytes(
                    found["$json"] is JsonValue value && value.TryGetValue(out string? text)
                        ? text
                        : found["$json"]!.ToJsonString()
                )
            ),
            JsonObject found when found.ContainsKey("$fail") => JsonNode.Parse(
                new JsonFormatter(
                    JsonFormatter.Settings.Default.WithTypeRegistry(
                        TypeRegistry.FromFiles(ErrorDetailsReflection.Descriptor)
                    )
                ).Format(Failures.Of(found["$fail"]!.AsObject()))
            ),
            JsonObject found => new JsonObject(
                found.Select(member => KeyValuePair.Create(member.Key, Encoded(member.Value)))
            ),
            JsonArray items => new JsonArray([.. items.Select(Encoded)]),
            _ => node?.DeepClone(),
        };
}
