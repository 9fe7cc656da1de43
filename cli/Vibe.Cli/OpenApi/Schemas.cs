using System.Text.Json.Nodes;
using Google.Api;
using Google.Protobuf.Reflection;

namespace Vibe.Cli.OpenApi;

/// <summary>
/// Messages as JSON Schema 2020-12, in the JSON mapping of proto3: 64-bit integers are text, bytes are base64, enums are the names
/// of their values, and members that hold the default of their type are left out of answers.
/// </summary>
/// <param name="optional">
/// Messages that a PATCH takes as its body, of which it needs no member; whoever needs some says so where the message is used.
/// </param>
internal sealed class Schemas(IReadOnlySet<MessageDescriptor> optional)
{
    private const string Components = "#/components/schemas/";

    private readonly SortedDictionary<string, JsonObject> _made = new(StringComparer.Ordinal);

    /// <summary>All messages and enums that were referred to.</summary>
    public JsonObject Made => new(_made.Select(schema => KeyValuePair.Create(schema.Key, (JsonNode?)schema.Value)));

    /// <summary>The name of a member in JSON, which paths of members have between dots.</summary>
    public static string JsonNameOf(IEnumerable<FieldDescriptor> path) =>
        string.Join('.', path.Select(field => field.JsonName));

    /// <summary>Whether the contract says that of a member.</summary>
    public static bool Is(FieldDescriptor field, FieldBehavior behavior) =>
        field.GetOptions()?.GetExtension(FieldBehaviorExtensions.FieldBehavior).Contains(behavior) == true;

    /// <summary>Refers to a message.</summary>
    public JsonObject Of(MessageDescriptor message) =>
        message.FullName switch
        {
            "google.protobuf.Timestamp" => new() { ["type"] = "string", ["format"] = "date-time" },
            "google.protobuf.Duration" => new() { ["type"] = "string", ["pattern"] = @"^-?\d+(\.\d{1,9})?s$" },
            "google.protobuf.FieldMask" => new()
            {
                ["type"] = "string",
                ["pattern"] = "^([A-Za-z0-9.]+(,[A-Za-z0-9.]+)*)?$",
            },
            "google.protobuf.Struct" => new() { ["type"] = "object", ["additionalProperties"] = true },
            "google.rpc.Status" => ErrorAnswers.Status(_made),
            _ => Reference(message.FullName, () => Make(message, required: !optional.Contains(message))),
        };

    /// <summary>A message as the body of a request that needs what the contract requires of it.</summary>
    public JsonObject WithRequired(MessageDescriptor message)
    {
        var schema = Of(message);
        if (optional.Contains(message) && RequiredOf(message.Fields.InDeclarationOrder()) is { Count: > 0 } required)
            schema["required"] = required;
        return schema;
    }

    /// <summary>The members of a message, without some.</summary>
    public JsonObject Without(MessageDescriptor message, IReadOnlySet<string> fields) =>
        Make(message, required: true, fields);

    /// <summary>A member, with what the contract says of it.</summary>
    public JsonObject Of(FieldDescriptor field)
    {
        var schema =
            field.IsMap
                ? new JsonObject
                {
                    ["type"] = "object",
                    ["additionalProperties"] = Single(field.MessageType.FindFieldByName("value")),
                }
            : field.IsRepeated ? new JsonObject { ["type"] = "array", ["items"] = Single(field) }
            : Single(field);
        schema["description"] = CommentedContract.CommentOf(field);
        if (Is(field, FieldBehavior.OutputOnly))
            schema["readOnly"] = true;
        return schema;
    }

    private JsonObject Single(FieldDescriptor field) =>
        field.FieldType switch
        {
            FieldType.String => new() { ["type"] = "string" },
            FieldType.Bool => new() { ["type"] = "boolean" },
            FieldType.Int32 => new() { ["type"] = "integer", ["format"] = "int32" },
            FieldType.Int64 => new()
            {
                ["type"] = "string",
                ["format"] = "int64",
                ["pattern"] = "^-?[0-9]+$",
            },
            FieldType.Bytes => new() { ["type"] = "string", ["contentEncoding"] = "base64" },
            FieldType.Enum => Of(field.EnumType),
            FieldType.Message => Of(field.MessageType),
            _ => throw new NotSupportedException($"{field.FullName} is of a type without a schema: {field.FieldType}."),
        };

    private JsonObject Of(EnumDescriptor type) =>
        Reference(
            type.FullName,
            () =>
            {
                // Zero stands for nothing: servers refuse it, and never send it.
                var values = type.Values.Where(value => value.Number != 0).ToList();
                return new JsonObject
                {
                    ["type"] = "string",
                    ["title"] = type.Name,
                    ["description"] = CommentedContract.CommentOf(type) + "\n\n" + Markdown.Terms(values),
                    ["enum"] = new JsonArray([.. values.Select(value => JsonValue.Create(value.Name))]),
                };
            }
        );

    private JsonObject Make(MessageDescriptor message, bool required, IReadOnlySet<string>? without = null)
    {
        var fields = message
            .Fields.InDeclarationOrder()
            .Where(field => without?.Contains(field.Name) is not true)
            .ToList();
        var schema = new JsonObject
        {
            ["type"] = "object",
            ["title"] = message.Name,
            ["description"] = string.Join(
                "\n\n",
                message
                    .Oneofs.Where(choice => !choice.IsSynthetic)
                    .Select(ChoiceOf)
                    .Prepend(CommentedContract.CommentOf(message))
            ),
        };
        if (fields.Count > 0)
            schema["properties"] = new JsonObject(
                fields.Select(field => KeyValuePair.Create(field.JsonName, (JsonNode?)Of(field)))
            );
        if (required && RequiredOf(fields) is { Count: > 0 } names)
            schema["required"] = names;
        return schema;
    }

    private static JsonArray RequiredOf(IEnumerable<FieldDescriptor> fields) =>
        [
            .. fields
                .Where(field => Is(field, FieldBehavior.Required))
                .Select(field => (JsonNode)JsonValue.Create(field.JsonName)),
        ];

    private static string ChoiceOf(OneofDescriptor choice) =>
        $"At most one of {string.Join(", ", choice.Fields.Select(field => $"`{field.JsonName}`"))} is there.";

    // The place is taken before the schema is made: a message may lead back to itself.
    private JsonObject Reference(string name, Func<JsonObject> make)
    {
        if (_made.TryAdd(name, []))
            _made[name] = make();
        return new JsonObject { ["$ref"] = Components + name };
    }
}
