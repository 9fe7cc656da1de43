using System.Globalization;
using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Vibe.Access.V1;

namespace Vibe.Cli.OpenApi;

/// <summary>What a call answers: its message, or the lines or events of its stream, and what it answers when it fails.</summary>
internal static class Answers
{
    private const string StreamDescription =
        "A stream of messages: each is a line of JSON, or, for whoever accepts `text/event-stream`, the `data` of an event. A call "
        + "that fails before the first message is answered like any other; what happens later is said in the stream.";

    /// <summary>The answers of a method.</summary>
    public static JsonObject Of(MethodDescriptor method, Schemas schemas, IReadOnlyList<Example> examples)
    {
        var options = method.GetOptions();
        var answers = new JsonObject
        {
            ["200"] = Success(method, schemas, [.. examples.Where(example => example.Status == 200)]),
        };
        var statuses = ErrorAnswers.StatusesOf(
            options.GetExtension(AccessExtensions.Access).CallerCase == AccessRule.CallerOneofCase.Anonymous,
            options.IdempotencyLevel == MethodOptions.Types.IdempotencyLevel.NoSideEffects
        );
        foreach (var status in statuses)
        {
            var shown = examples.Where(example => example.Status == status).ToList();
            answers[status.ToString(CultureInfo.InvariantCulture)] =
                shown.Count == 0 ? ErrorAnswers.ReferenceTo(status) : ErrorAnswers.Of(status, shown);
        }
        return answers;
    }

    /// <summary>The headers of every answer.</summary>
    public static JsonObject Headers() =>
        new() { ["x-request-id"] = new JsonObject { ["$ref"] = "#/components/headers/RequestId" } };

    private static JsonObject Success(MethodDescriptor method, Schemas schemas, IReadOnlyList<Example> examples)
    {
        var lines = new JsonObject { ["schema"] = schemas.Of(method.OutputType) };
        if (examples.Count > 0)
            lines["examples"] = Example.Answers(examples);
        var content = new JsonObject { ["application/json"] = lines };
        if (method.IsServerStreaming)
        {
            lines["x-stream"] = "lines";
            content["text/event-stream"] = new JsonObject
            {
                ["schema"] = schemas.Of(method.OutputType),
                ["x-stream"] = "events",
            };
        }
        return new JsonObject
        {
            ["description"] = method.IsServerStreaming
                ? StreamDescription
                : CommentedContract.CommentOf(method.OutputType),
            ["headers"] = Headers(),
            ["content"] = content,
        };
    }
}
