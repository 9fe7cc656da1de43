using System.Globalization;
using System.Text.Json.Nodes;
using Google.Rpc;
using Vibe.Errors.V1;
using Vibe.Hosting.Errors;
using ErrorReason = Vibe.Errors.V1.ErrorReason;

namespace Vibe.Cli.OpenApi;

/// <summary>
/// What a call answers when it fails: <c>google.rpc.Status</c> as JSON, under the HTTP status of its code. The contract ties reasons
/// to codes and not to methods, so each answer lists all reasons of its status.
/// </summary>
internal static class ErrorAnswers
{
    private const string StatusName = "google.rpc.Status";
    private const string TypePrefix = "type.googleapis.com/";

    private static readonly ILookup<int, ErrorReason> Reasons = CommentedContract
        .Reasons.Select(reason => (ErrorReason)reason.Number)
        .ToLookup(Refusal.HttpStatusOf);

    /// <summary>Refers to a status as a schema.</summary>
    public static JsonObject Status(IDictionary<string, JsonObject> schemas)
    {
        schemas.TryAdd(StatusName, StatusSchema());
        foreach (var (name, schema) in Details())
            schemas.TryAdd(name, schema);
        return ReferenceTo(StatusName);
    }

    /// <summary>The HTTP statuses with which calls of a method may fail.</summary>
    /// <param name="isAnonymous">Whether everybody is let in.</param>
    /// <param name="isReading">Whether it changes nothing, and so cannot conflict with anything.</param>
    public static IEnumerable<int> StatusesOf(bool isAnonymous, bool isReading) =>
        Reasons
            .Select(group => group.Key)
            .Order()
            .Where(status => !(isAnonymous && status is 401 or 403) && !(isReading && status == 409));

    /// <summary>The answer of a status, with examples where there are some.</summary>
    public static JsonObject Of(int status, IReadOnlyList<Example> examples)
    {
        var media = new JsonObject { ["schema"] = ReferenceTo(StatusName) };
        if (examples.Count > 0)
            media["examples"] = Example.Answers(examples);
        return new JsonObject
        {
            ["description"] = DescriptionOf(status),
            ["headers"] = Answers.Headers(),
            ["content"] = new JsonObject { ["application/json"] = media },
        };
    }

    /// <summary>Refers to the answer of a status, which the components hold.</summary>
    public static JsonObject ReferenceTo(int status) => new() { ["$ref"] = $"#/components/responses/{status}" };

    /// <summary>The answers of all statuses.</summary>
    public static JsonObject Components() =>
        new(
            Reasons
                .Select(group => group.Key)
                .Order()
                .Select(status =>
                    KeyValuePair.Create(status.ToString(CultureInfo.InvariantCulture), (JsonNode?)Of(status, []))
                )
        );

    private static string DescriptionOf(int status)
    {
        var codes = Reasons[status].Select(ErrorReasons.CodeOf).Distinct().Select(NameOf);
        var reasons = CommentedContract
            .Reasons.Where(reason => Refusal.HttpStatusOf((ErrorReason)reason.Number) == status)
            .Select(reason =>
                Markdown.Term(ErrorReasons.NameOf((ErrorReason)reason.Number), CommentedContract.CommentOf(reason))
            );
        return $"{string.Join(", ", codes)}. The reason is one of:\n\n{string.Join('\n', reasons)}";
    }

    // As the contract writes it: NOT_FOUND.
    private static string NameOf(Code code) =>
        CodeReflection.Descriptor.EnumTypes.Single(type => type.Name == "Code").FindValueByNumber((int)code).Name;

    private static JsonObject StatusSchema() =>
        new()
        {
            ["type"] = "object",
            ["title"] = "Status",
            ["description"] =
                "Says why a call failed, or a stream ended. The details hold an `ErrorInfo` with the reason and a "
                + "`RequestInfo`, and a `BadRequest` or a `RetryInfo` where there is something to say in it.",
            ["properties"] = new JsonObject
            {
                ["code"] = new JsonObject
                {
                    ["type"] = "integer",
                    ["format"] = "int32",
                    ["description"] = "The number of the google.rpc.Code.",
                },
                ["message"] = new JsonObject { ["type"] = "string", ["description"] = "Says it to people." },
                ["details"] = new JsonObject
                {
                    ["type"] = "array",
                    ["items"] = new JsonObject
                    {
                        ["anyOf"] = new JsonArray([.. Details().Select(detail => ReferenceTo(detail.Name))]),
                    },
                },
            },
            ["required"] = new JsonArray("code", "message", "details"),
        };

    private static IEnumerable<(string Name, JsonObject Schema)> Details() =>
        [
            Detail(
                "google.rpc.ErrorInfo",
                "Names the reason, for machines. Clients treat one that they do not know by its code alone.",
                ("reason", Text("The name of the reason.")),
                ("domain", new JsonObject { ["const"] = ErrorReasons.Domain }),
                (
                    "metadata",
                    new JsonObject
                    {
                        ["type"] = "object",
                        ["additionalProperties"] = new JsonObject { ["type"] = "string" },
                        ["description"] = "What varies in the message, under the keys of the reason's sample.",
                    }
                )
            ),
            Detail(
                "google.rpc.RequestInfo",
                "Names the request.",
                ("requestId", Text("The id that stands in `x-request-id` and in the server's log."))
            ),
            Detail(
                "google.rpc.BadRequest",
                "Says for each field what is wrong with it.",
                (
                    "fieldViolations",
                    new JsonObject
                    {
                        ["type"] = "array",
                        ["items"] = new JsonObject
                        {
                            ["type"] = "object",
                            ["properties"] = new JsonObject
                            {
                                ["field"] = Text("The member, by the names of the contract."),
                                ["description"] = Text("What is wrong with it."),
                            },
                        },
                    }
                )
            ),
            Detail(
                "google.rpc.RetryInfo",
                "Says when to try again.",
                (
                    "retryDelay",
                    new JsonObject
                    {
                        ["type"] = "string",
                        ["pattern"] = @"^\d+(\.\d{1,9})?s$",
                        ["description"] = "How long to wait.",
                    }
                )
            ),
        ];

    private static (string Name, JsonObject Schema) Detail(
        string name,
        string description,
        params (string Name, JsonObject Schema)[] members
    )
    {
        var properties = new JsonObject { ["@type"] = new JsonObject { ["const"] = TypePrefix + name } };
        foreach (var (member, schema) in members)
            properties[member] = schema;
        return (
            name,
            new JsonObject
            {
                ["type"] = "object",
                ["title"] = name["google.rpc.".Length..],
                ["description"] = description,
                ["properties"] = properties,
                ["required"] = new JsonArray("@type"),
            }
        );
    }

    private static JsonObject Text(string description) => new() { ["type"] = "string", ["description"] = description };

    private static JsonObject ReferenceTo(string schema) => new() { ["$ref"] = $"#/components/schemas/{schema}" };
}
