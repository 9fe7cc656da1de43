using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Google.Api;
using Google.Protobuf.Reflection;
using Vibe.Access.V1;
using Vibe.Data.V1;
using Vibe.Server.Tests.Door;
using Vibe.Testing;

namespace Vibe.Server.Tests.Reference;

/// <summary>What the OpenAPI document says is what the contract says, and what the server does.</summary>
public sealed partial class OpenApiTests(ReferenceServer fixture) : IClassFixture<ReferenceServer>
{
    private static readonly JsonNode Document = JsonNode.Parse(Repository.Read("sdk/generated/openapi/vibe.json"))!;
    private static readonly IReadOnlyList<OpenApi> Operations = OpenApi.Of(Document);

    private static readonly string[] Unknown = ["METHOD_UNKNOWN", "MESSAGE_MALFORMED"];

    public static TheoryData<string> Ids => [.. Operations.Select(operation => operation.Id)];

    public static TheoryData<string> Methods => [.. All().Select(method => method.FullName)];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Every_way_in_which_http_reaches_a_method_is_in_it(string name)
    {
        var method = All().Single(method => method.FullName == name);
        var rule = method.GetOptions().GetExtension(AnnotationsExtensions.Http);

        foreach (var binding in rule.AdditionalBindings.Prepend(rule))
        {
            var (verb, template) = RestRequests.TemplateOf(binding);
            var operation = Assert.Single(
                Operations,
                operation =>
                    operation.Verb == verb
                    && Braces().Replace(operation.Path, "*") == Binding().Replace(template, "${pattern}")
            );
            Assert.StartsWith(method.Name, operation.Id, StringComparison.OrdinalIgnoreCase);
            Assert.Equal([method.Service.Name], operation.Operation["tags"]!.AsArray().Select(tag => (string)tag!));
            Assert.Equal(
                method.GetOptions().GetExtension(AccessExtensions.Access).CallerCase
                    == AccessRule.CallerOneofCase.Anonymous,
                operation.Operation["security"] is JsonArray { Count: 0 }
            );
            Assert.Equal(binding.Body.Length > 0, operation.HasBody);
            Assert.Equal(
                method.IsServerStreaming ? ["application/json", "text/event-stream"] : ["application/json"],
                operation.Operation["responses"]!["200"]!["content"]!.AsObject().Select(content => content.Key)
            );
        }
    }

    [Fact]
    public void Nothing_else_is_in_it() =>
        Assert.Equal(
            All()
                .Sum(method =>
                    1 + method.GetOptions().GetExtension(AnnotationsExtensions.Http).AdditionalBindings.Count
                ),
            Operations.Count
        );

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task The_server_knows_every_operation_and_each_of_its_parameters(string id)
    {
        var operation = Operations.Single(operation => operation.Id == id);

        Assert.DoesNotContain(await ReasonAsync(operation, ""), Unknown);
        foreach (var parameter in operation.Query)
            Assert.DoesNotContain(
                await ReasonAsync(
                    operation,
                    $"?{parameter["name"]!.GetValue<string>()}={SampleOf(parameter["schema"]!)}"
                ),
                Unknown
            );
    }

    // Whoever reads a header minds that it contradicts the member beside it; whoever does not would pass both over.
    [Theory]
    [InlineData("deleteDocument")]
    [InlineData("setDocumentAcl")]
    [InlineData("updateApp")]
    [InlineData("updateDocument")]
    [InlineData("updateGrant")]
    public async Task The_server_reads_the_header_that_it_names(string id)
    {
        var operation = Operations.Single(operation => operation.Id == id);
        Assert.Equal(["If-Match"], operation.Headers.Select(header => header["name"]!.GetValue<string>()));
        using var client = fixture.Alice.Own.Rest();
        var isInBody = operation.Query.All(parameter => parameter["name"]!.GetValue<string>() != "ifMatch");
        using var request = new HttpRequestMessage(
            operation.Verb,
            operation.Filled("me", "nothing") + (isInBody ? "" : "?ifMatch=one")
        );
        request.Headers.TryAddWithoutValidation("If-Match", "other");
        if (operation.HasBody)
            request.Content = new StringContent(
                isInBody ? """{"ifMatch":"one"}""" : "{}",
                Encoding.UTF8,
                "application/json"
            );

        using var answer = await client.SendAsync(request);

        Assert.Contains("If-Match", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public void No_other_operation_names_a_header() => Assert.Equal(5, Operations.Count(one => one.Headers.Any()));

    [Fact]
    public void No_value_that_stands_for_nothing_is_in_it() =>
        Assert.DoesNotContain("_UNSPECIFIED", Document.ToJsonString(), StringComparison.Ordinal);

    [Fact]
    public async Task A_parameter_that_is_not_in_it_is_not_known_to_the_server() =>
        Assert.Equal("MESSAGE_MALFORMED", await ReasonAsync(Operations.Single(one => one.Id == "pull"), "?scope.no=1"));

    private async Task<string> ReasonAsync(OpenApi operation, string query)
    {
        using var client = fixture.Alice.Own.Rest();
        using var request = new HttpRequestMessage(operation.Verb, operation.Filled("me", "nothing") + query);
        if (operation.HasBody)
            request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return answer.IsSuccessStatusCode ? Protocols.Ok : Protocols.ReasonIn(await answer.Content.ReadAsStringAsync());
    }

    private static string SampleOf(JsonNode schema) =>
        (string?)schema["type"] switch
        {
            "boolean" => "true",
            "integer" => "1",
            "array" => SampleOf(schema["items"]!),
            "string" => "expireTime",
            var other => throw new InvalidOperationException($"A parameter is {other}."),
        };

    private static IEnumerable<MethodDescriptor> All() =>
        typeof(DocumentService)
            .Assembly.GetTypes()
            .Select(type => type.GetProperty("Descriptor")?.GetValue(null))
            .OfType<FileDescriptor>()
            .SelectMany(file => file.Services)
            .SelectMany(service => service.Methods);

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Braces();

    [GeneratedRegex(@"\{[^=}]+=(?<pattern>[^}]+)\}")]
    private static partial Regex Binding();
}
