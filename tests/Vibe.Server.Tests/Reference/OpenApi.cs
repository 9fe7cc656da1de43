using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Vibe.Server.Tests.Reference;

/// <summary>An operation of the OpenAPI document.</summary>
internal sealed partial record OpenApi(string Path, HttpMethod Verb, JsonObject Operation)
{
    public string Id => Operation["operationId"]!.GetValue<string>();

    public bool HasBody => Operation["requestBody"] is not null;

    public IEnumerable<JsonNode> Query => ParametersIn("query");

    public IEnumerable<JsonNode> Headers => ParametersIn("header");

    /// <summary>The path with something in place of each parameter.</summary>
    public string Filled(string space, string id) =>
        Parameter().Replace(Path, match => match.Value == "{space}" ? space : id);

    /// <summary>All operations of a document.</summary>
    public static IReadOnlyList<OpenApi> Of(JsonNode document) =>
        [
            .. document["paths"]!
                .AsObject()
                .SelectMany(path =>
                    path.Value!.AsObject()
                        .Select(item => new OpenApi(
                            path.Key,
                            new HttpMethod(item.Key.ToUpperInvariant()),
                            item.Value!.AsObject()
                        ))
                ),
        ];

    private IEnumerable<JsonNode> ParametersIn(string place) =>
        (Operation["parameters"] as JsonArray ?? [])
            .Select(parameter => parameter!)
            .Where(parameter => parameter["in"]!.GetValue<string>() == place);

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Parameter();
}
