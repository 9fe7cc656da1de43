using System.Text.Json.Nodes;
using Google.Api;
using Google.Protobuf.Reflection;
using Vibe.Cli.HttpRules;

namespace Vibe.Cli.OpenApi;

/// <summary>
/// What stands in the path, the query and the headers of a call. The query takes every member of the request that stands nowhere else; those of
/// messages within it have their path as a name, and what is repeated is there once for each value. Lists of messages, and members
/// of another list, have no place in it.
/// </summary>
internal static class Parameters
{
    /// <summary>The parameters of a binding.</summary>
    public static JsonArray Of(
        MethodDescriptor method,
        HttpBinding binding,
        PathTemplate template,
        Schemas schemas,
        IReadOnlyList<Example> examples
    )
    {
        var elsewhere = template.Variables.Select(variable => variable.Field).Append(binding.Body).ToHashSet();
        var query =
            binding.Body == "*" ? [] : InQuery(method.InputType, [], elsewhere).Select(path => Query(path, schemas));
        var all = template
            .Variables.SelectMany(variable => Path(method.InputType, variable))
            .Concat(query)
            .Concat(InHeaders(method.InputType))
            .ToList();
        foreach (var parameter in all)
            if (Example.ValuesOf(parameter["name"]!.GetValue<string>(), examples) is { } values)
                parameter["examples"] = values;
        return [.. all];
    }

    private static IEnumerable<JsonObject> Path(MessageDescriptor request, PathVariable variable) =>
        variable.Ids.Select(
            (id, index) =>
                new JsonObject
                {
                    ["name"] = id,
                    ["in"] = "path",
                    ["required"] = true,
                    ["description"] =
                        index < variable.Ids.Count - 1
                            ? $"The `{{{id}}}` of `{variable.Name}`."
                            : $"The `{{{id}}}` of `{variable.Name}`. {CommentOf(request, variable.Field)}",
                    ["schema"] = new JsonObject { ["type"] = "string", ["minLength"] = 1 },
                }
        );

    private static IEnumerable<JsonObject> InHeaders(MessageDescriptor request) =>
        request.FindFieldByName("if_match") is { } condition
            ?
            [
                new JsonObject
                {
                    ["name"] = "If-Match",
                    ["in"] = "header",
                    ["description"] =
                        $"The same as `{condition.JsonName}`, which it must not contradict; with or without quotation marks.",
                    ["schema"] = new JsonObject { ["type"] = "string" },
                },
            ]
            : [];

    private static string CommentOf(MessageDescriptor request, string field)
    {
        var names = field.Split('.');
        foreach (var name in names[..^1])
            request = request.FindFieldByName(name).MessageType;
        return CommentedContract.CommentOf(request.FindFieldByName(names[^1]));
    }

    private static JsonObject Query(IReadOnlyList<FieldDescriptor> path, Schemas schemas)
    {
        var schema = schemas.Of(path[^1]);
        var description = schema["description"]!.DeepClone();
        schema.Remove("description");
        var parameter = new JsonObject
        {
            ["name"] = Schemas.JsonNameOf(path),
            ["in"] = "query",
            ["description"] = description,
            ["schema"] = schema,
        };
        if (path.All(field => Schemas.Is(field, FieldBehavior.Required)))
            parameter["required"] = true;
        return parameter;
    }

    private static IEnumerable<IReadOnlyList<FieldDescriptor>> InQuery(
        MessageDescriptor message,
        IReadOnlyList<FieldDescriptor> above,
        IReadOnlySet<string> elsewhere
    )
    {
        foreach (var field in message.Fields.InDeclarationOrder())
        {
            IReadOnlyList<FieldDescriptor> path = [.. above, field];
            if (elsewhere.Contains(string.Join('.', path.Select(part => part.Name))))
                continue;
            if (field.FieldType != FieldType.Message || IsText(field.MessageType))
                yield return path;
            else if (!field.IsRepeated && !above.Any(part => part.MessageType == field.MessageType))
                foreach (var inner in InQuery(field.MessageType, path, elsewhere))
                    yield return inner;
        }
    }

    // What JSON writes as text stands in a query as that text.
    private static bool IsText(MessageDescriptor message) =>
        message.FullName is "google.protobuf.Timestamp" or "google.protobuf.Duration" or "google.protobuf.FieldMask";
}
