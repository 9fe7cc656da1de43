using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Vibe.Access.V1;
using Vibe.Testing;

namespace Vibe.Cli.Tests.OpenApi;

/// <summary>
/// The examples of the OpenAPI document are true: a server that is asked what they ask answers what they answer. What differs each
/// time has the same form, and is quoted later where the example quotes its own.
/// </summary>
public sealed partial class ExampleTests
{
    private static readonly JsonArray Examples = JsonNode
        .Parse(File.ReadAllText(Path.Combine(Checkout.Root, "cli/Vibe.Cli/OpenApi/examples.json")))!
        .AsArray();

    private static readonly JsonNode Document = JsonNode.Parse(
        File.ReadAllText(Path.Combine(Checkout.Root, "sdk/generated/openapi/vibe.json"))
    )!;

    [Fact]
    public async Task A_server_answers_what_they_say()
    {
        await using var server = await VibeServer.StartAsync(Engine.Sqlite);
        var alice = await server.PersonAsync("alice");
        var app = await alice.AppAsync("shelf", new Allow("films", [Operation.Read], "*"));
        var told = new Dictionary<string, string>
        {
            [Only(Space())] = alice.Id,
            [Only(Grant())] = app.Grant.Name.Split('/')[^1],
        };

        foreach (var example in Examples)
        {
            using var client = (
                (string)example!["caller"]! switch
                {
                    "owner" => alice.Own,
                    "app" => app.Actor,
                    _ => server.Nobody,
                }
            ).Rest();
            using var request = RequestOf(example, told);
            using var answer = await client.SendAsync(request);
            var body = await answer.Content.ReadAsStringAsync();

            var what = $"{example["operation"]} {example["name"]}";
            Assert.True((int)example["status"]! == (int)answer.StatusCode, $"{what}: {body}");
            AssertSame(what, "", example["answer"]!, JsonNode.Parse(body)!, told);
        }
    }

    [Fact]
    public void Every_example_is_in_the_document()
    {
        foreach (var example in Examples)
        {
            var (_, _, operation) = Find((string)example!["operation"]!);
            var name = (string)example["name"]!;
            var shown = operation["responses"]![$"{example["status"]}"]!["content"]!["application/json"]!["examples"]!;
            Assert.True(JsonNode.DeepEquals(example["answer"], shown[name]!["value"]), name);
        }
    }

    [Theory]
    [InlineData("createDocument", 200, 400, 401, 403, 409)]
    [InlineData("getDocument", 200, 403, 404)]
    [InlineData("listDocuments", 200, 400)]
    [InlineData("updateDocument", 200, 400, 409)]
    [InlineData("deleteDocument", 200, 404)]
    public void There_are_examples_of_what_is_done_most_and_of_how_it_fails(string operation, params int[] statuses) =>
        Assert.Equal(
            statuses,
            Examples
                .Where(example => (string)example!["operation"]! == operation)
                .Select(example => (int)example!["status"]!)
                .Distinct()
                .Order()
        );

    private static HttpRequestMessage RequestOf(JsonNode example, Dictionary<string, string> told)
    {
        var (verb, path, _) = Find((string)example["operation"]!);
        var query = new List<string>();
        foreach (var (name, value) in example["parameters"]!.AsObject())
        {
            var values = (value is JsonArray several ? [.. several] : new[] { value }).Select(one =>
                Uri.EscapeDataString(Real(one!.ToString(), told))
            );
            if (path.Contains($"{{{name}}}", StringComparison.Ordinal))
                path = path.Replace($"{{{name}}}", values.Single(), StringComparison.Ordinal);
            else
                query.AddRange(values.Select(one => $"{name}={one}"));
        }
        var request = new HttpRequestMessage(verb, query.Count == 0 ? path : $"{path}?{string.Join('&', query)}");
        if (example["body"] is { } body)
            request.Content = new StringContent(
                Real(body.ToJsonString(), told),
                Encoding.UTF8,
                new MediaTypeHeaderValue("application/json")
            );
        return request;
    }

    private static (HttpMethod Verb, string Path, JsonNode Operation) Find(string id)
    {
        foreach (var (path, item) in Document["paths"]!.AsObject())
        foreach (var (verb, operation) in item!.AsObject())
            if ((string)operation!["operationId"]! == id)
                return (new HttpMethod(verb.ToUpperInvariant()), path, operation);
        throw new InvalidOperationException($"There is no operation {id}.");
    }

    private static void AssertSame(
        string what,
        string name,
        JsonNode expected,
        JsonNode actual,
        Dictionary<string, string> told
    )
    {
        switch (expected, actual)
        {
            case (JsonObject members, JsonObject others):
                Assert.Equal(members.Select(member => member.Key).Order(), others.Select(other => other.Key).Order());
                foreach (var (key, value) in members)
                    AssertSame(what, key, value!, others[key]!, told);
                break;
            case (JsonArray items, JsonArray others):
                Assert.Equal(items.Count, others.Count);
                foreach (var (item, other) in items.Zip(others))
                    AssertSame(what, name, item!, other!, told);
                break;
            default:
                AssertSame($"{what}: {name}", name, expected.ToString(), actual.ToString(), told);
                break;
        }
    }

    private static void AssertSame(
        string what,
        string name,
        string expected,
        string actual,
        Dictionary<string, string> told
    )
    {
        switch (name)
        {
            case "consistencyToken" or "nextPageToken" or "resumeToken":
                Assert.Matches("^[A-Za-z0-9_-]+$", actual);
                Assert.Equal(expected.Length, actual.Length);
                told[expected] = actual;
                break;
            case "requestId":
                Assert.Matches("^[0-9a-f]{32}$", actual);
                Assert.Equal(expected.Length, actual.Length);
                break;
            case "createTime" or "updateTime":
                DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture);
                DateTimeOffset.Parse(actual, CultureInfo.InvariantCulture);
                Assert.EndsWith("Z", actual, StringComparison.Ordinal);
                break;
            default:
                Assert.True(Real(expected, told) == actual, $"{what} is {actual}, and not {expected}");
                break;
        }
    }

    private static string Real(string text, Dictionary<string, string> told) =>
        told.Aggregate(text, (real, pair) => real.Replace(pair.Key, pair.Value, StringComparison.Ordinal));

    private static string Only(Regex id) =>
        id.Matches(Examples.ToJsonString()).Select(match => match.Groups[1].Value).Distinct().Single();

    [GeneratedRegex("spaces/([a-z2-7]{24})")]
    private static partial Regex Space();

    [GeneratedRegex("grants/([0-9a-f]{32})")]
    private static partial Regex Grant();
}
