using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Vibe.Access.V1;
using Vibe.Data.V1;
using Vibe.Hosting.Json;

namespace Vibe.Cases.Raw;

/// <summary>Writes what a scenario says as messages of the contract, and messages as what was observed.</summary>
internal static class RawContent
{
    // What is compared is text; a structured value has none of its own.
    private static readonly JsonLimits Anything = new(Depth: 1000, NameBytes: int.MaxValue);

    /// <summary>Whether some member has no name: protobuf's own JSON has no structured form of that.</summary>
    public static bool HasNameless(JsonNode? value) =>
        value switch
        {
            JsonObject members => members.Any(member => member.Key.Length == 0 || HasNameless(member.Value)),
            JsonArray items => items.Any(HasNameless),
            _ => false,
        };

    public static ByteString Json(JsonNode? value) => ByteString.CopyFromUtf8(value!.ToJsonString());

    public static Struct Body(JsonNode? value) => Struct.Parser.ParseJson(value!.ToJsonString());

    public static Acl? AclOf(JsonNode? acl) =>
        acl is null
            ? null
            : new Acl { Allow = { Rules(acl["allow"] as JsonArray) }, Deny = { Rules(acl["deny"] as JsonArray) } };

    /// <summary>The paths of an edit, and the object that holds the values at them.</summary>
    public static (IReadOnlyList<string> Paths, JsonObject Values) Edit(JsonNode? steps)
    {
        var values = new JsonObject();
        var paths = new List<string>();
        foreach (var step in steps!.AsArray().Select(step => step!.AsObject()))
        {
            var path = step["set"] is JsonArray set ? set[0]! : step["remove"]!;
            paths.Add(path.GetValue<string>());
            if (step["set"] is JsonArray found)
                Set(values, paths[^1], found[1]);
        }
        return (paths, values);
    }

    public static JsonObject Document(Document document) =>
        Document(
            IdOf(document.Name),
            document.ContentCase == Data.V1.Document.ContentOneofCase.Json
                ? document.Json
                : ByteString.CopyFrom(StrictJson.Canonicalize(document.Body, Anything).Bytes),
            document.Etag,
            document.CreateTime,
            document.UpdateTime,
            document.Acl
        );

    public static JsonObject Document(
        string id,
        ByteString json,
        string etag,
        Timestamp createTime,
        Timestamp updateTime,
        Acl? acl
    ) =>
        new()
        {
            ["id"] = id,
            ["json"] = json.ToStringUtf8(),
            ["value"] = JsonNode.Parse(json.ToStringUtf8()),
            ["etag"] = etag,
            ["createTime"] = createTime.ToDateTimeOffset(),
            ["updateTime"] = updateTime.ToDateTimeOffset(),
            ["acl"] = acl is null
                ? null
                : new JsonObject { ["allow"] = Observed(acl.Allow), ["deny"] = Observed(acl.Deny) },
        };

    public static JsonObject Written(string name, string etag, Timestamp? updateTime, string consistencyToken) =>
        new()
        {
            ["id"] = IdOf(name),
            ["etag"] = etag.Length == 0 ? null : etag,
            ["updateTime"] = updateTime?.ToDateTimeOffset(),
            ["consistencyToken"] = consistencyToken,
        };

    public static string IdOf(string name) => name[(name.LastIndexOf('/') + 1)..];

    private static void Set(JsonObject values, string path, JsonNode? value)
    {
        var names = path[1..].Split('/').Select(name => name.Replace("~1", "/").Replace("~0", "~")).ToArray();
        foreach (var name in names[..^1])
        {
            if (values[name] is not JsonObject inner)
                values[name] = inner = [];
            values = inner;
        }
        values[names[^1]] = value?.DeepClone();
    }

    private static IEnumerable<AclRule> Rules(JsonArray? rules) =>
        (rules ?? []).Select(rule => new AclRule
        {
            People = { rule!["people"]!.AsArray().Select(person => person!.GetValue<string>()) },
            Operations =
            {
                rule["operations"]!
                    .AsArray()
                    .Select(name => System.Enum.Parse<Operation>(name!.GetValue<string>(), ignoreCase: true)),
            },
        });

    private static JsonArray Observed(IEnumerable<AclRule> rules) =>
        [
            .. rules.Select(rule => new JsonObject
            {
                ["people"] = new JsonArray([.. rule.People.Select(person => (JsonNode)person)]),
                ["operations"] = new JsonArray([
                    .. rule.Operations.Select(operation => (JsonNode)$"{operation}".ToLowerInvariant()),
                ]),
            }),
        ];
}
