using System.Text.Json;
using System.Text.Json.Nodes;
using Vibe.Client;

namespace Vibe.Cases.CSharp;

/// <summary>Writes what the client gave as what was observed.</summary>
internal static class Observed
{
    public static JsonObject? Document(DocumentSnapshot<JsonObject>? document) =>
        document is null
            ? null
            : new JsonObject
            {
                ["id"] = document.Id,
                ["json"] = document.Json,
                ["value"] = document.Value.DeepClone(),
                ["etag"] = document.Etag,
                ["createTime"] = document.CreateTime,
                ["updateTime"] = document.UpdateTime,
                ["acl"] = document.Acl is null
                    ? null
                    : new JsonObject { ["allow"] = Rules(document.Acl.Allow), ["deny"] = Rules(document.Acl.Deny) },
            };

    public static JsonArray Documents(IEnumerable<DocumentSnapshot<JsonObject>> documents) =>
        [.. documents.Select(Document)];

    public static JsonObject Written(WriteResult result) =>
        new()
        {
            ["id"] = result.Id,
            ["etag"] = result.Etag,
            ["updateTime"] = result.UpdateTime,
            ["consistencyToken"] = result.ConsistencyToken,
        };

    public static JsonObject View(CollectionSnapshot<JsonObject> view) =>
        new()
        {
            ["documents"] = Documents(view.Documents.Values),
            ["changes"] = Changes(view.Changes),
            ["live"] = view.IsLive,
            ["error"] = view.Error is null ? null : Error(view.Error),
        };

    public static JsonObject Page(ChangePage<JsonObject> page) =>
        new()
        {
            ["changes"] = Changes(page.Changes),
            ["reset"] = page.IsReset,
            ["live"] = page.IsLive,
            ["resumeToken"] = page.ResumeToken,
        };

    public static JsonObject Error(VibeException error) =>
        new()
        {
            ["code"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(error.Code.ToString()),
            ["reason"] = error.Reason?.Value,
            ["message"] = error.Message,
            ["metadata"] = new JsonObject(
                error.Metadata.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value))
            ),
            ["violations"] = new JsonArray([
                .. error.Violations.Select(violation => new JsonObject
                {
                    ["field"] = violation.Field,
                    ["description"] = violation.Description,
                }),
            ]),
            ["requestId"] = error.RequestId,
            ["retryDelay"] = error.RetryDelay?.TotalSeconds,
            ["retryable"] = error.IsRetryable,
        };

    private static JsonArray Changes(IEnumerable<Change<JsonObject>> changes) =>
        [
            .. changes.Select(change => new JsonObject
            {
                ["id"] = change.Id,
                ["document"] = Document(change.Document),
                ["cause"] = change.Cause is { } cause ? JsonNamingPolicy.SnakeCaseLower.ConvertName($"{cause}") : null,
            }),
        ];

    private static JsonArray Rules(IEnumerable<AclRule> rules) =>
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
