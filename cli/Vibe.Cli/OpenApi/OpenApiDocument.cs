using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Google.Api;
using Google.Protobuf.Reflection;
using Vibe.Access.V1;
using Vibe.Cli.HttpRules;

namespace Vibe.Cli.OpenApi;

/// <summary>
/// Describes REST as an OpenAPI 3.1 document, from the contract with its comments. What it says of a path is what ASP.NET Core and
/// Envoy make of the contract's HTTP rules, and tests hold it to the server.
/// </summary>
internal static partial class OpenApiDocument
{
    private const string About = """
        Vibe keeps people's documents, and lets apps read, write and follow them by consent.

        This is the contract of Vibe as JSON over HTTP. The same calls are answered by gRPC and gRPC-web.

        * The version is in the paths. Within it nothing changes that breaks a client; members, values of enums and reasons for errors are added.
        * 64-bit integers are text. Numbers in documents are IEEE 754 doubles, as in JavaScript.
        * Answers leave out members that hold the default of their type: an empty text, an empty list, zero, false.
        * A query parameter that the call does not have is refused.
        * `me` stands for the caller's own space or account.
        """;

    /// <summary>Writes it.</summary>
    public static JsonObject Make()
    {
        var bindings = CommentedContract
            .Services.SelectMany(service => service.Methods)
            .SelectMany(method => HttpBinding.Of(method).Select((binding, index) => (method, binding, index)))
            .ToList();
        var schemas = new Schemas(
            bindings
                .Where(one => one.binding is { Verb: "PATCH", Body: not ("" or "*") })
                .Select(one => one.method.InputType.FindFieldByName(one.binding.Body).MessageType)
                .ToHashSet()
        );
        var paths = new JsonObject();
        foreach (var (method, binding, index) in bindings)
        {
            var template = PathTemplate.Of(binding.Template);
            if (paths[template.Path] is not JsonObject item)
                paths[template.Path] = item = [];
            item[binding.Verb.ToLowerInvariant()] = Operation(method, binding, template, index > 0, schemas);
        }
        return new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = "Vibe",
                ["version"] = "v1",
                ["description"] = About,
            },
            ["servers"] = new JsonArray(
                new JsonObject { ["url"] = "/", ["description"] = "The server that gave this document." }
            ),
            ["security"] = new JsonArray(new JsonObject { ["accessToken"] = new JsonArray() }),
            ["tags"] = new JsonArray([.. CommentedContract.Services.Select(Tag)]),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["securitySchemes"] = new JsonObject
                {
                    ["accessToken"] = new JsonObject
                    {
                        ["type"] = "http",
                        ["scheme"] = "bearer",
                        ["description"] =
                            "An access token, which names a person, an app and a grant; it lives 15 minutes at most.",
                    },
                },
                ["headers"] = new JsonObject
                {
                    ["RequestId"] = new JsonObject
                    {
                        ["description"] = "The id of the request, which its errors and the server's log carry as well.",
                        ["schema"] = new JsonObject { ["type"] = "string", ["pattern"] = "^[0-9a-f]{32}$" },
                    },
                },
                ["responses"] = ErrorAnswers.Components(),
                ["schemas"] = schemas.Made,
            },
        };
    }

    /// <summary>The id of the operation that a binding of a method makes.</summary>
    public static string IdOf(MethodDescriptor method, HttpBinding binding, bool isAdditional)
    {
        var name = char.ToLowerInvariant(method.Name[0]) + method.Name[1..];
        return isAdditional ? $"{name}By{binding.Verb[0]}{binding.Verb[1..].ToLowerInvariant()}" : name;
    }

    private static JsonObject Operation(
        MethodDescriptor method,
        HttpBinding binding,
        PathTemplate template,
        bool isAdditional,
        Schemas schemas
    )
    {
        var id = IdOf(method, binding, isAdditional);
        var examples = Example.All[id].ToList();
        var rule = method.GetOptions().GetExtension(AccessExtensions.Access);
        var operation = new JsonObject
        {
            ["tags"] = new JsonArray(method.Service.Name),
            ["operationId"] = id,
            ["summary"] = Words(method.Name) + (isAdditional ? $" by {binding.Verb}" : ""),
            ["description"] = $"{CommentedContract.CommentOf(method)}\n\n{WhoMayCall(rule)}",
        };
        if (rule.CallerCase == AccessRule.CallerOneofCase.Anonymous)
            operation["security"] = new JsonArray();
        if (Parameters.Of(method, binding, template, schemas, examples) is { Count: > 0 } parameters)
            operation["parameters"] = parameters;
        if (binding.Body.Length > 0)
            operation["requestBody"] = Body(method.InputType, binding, template, schemas, examples);
        operation["responses"] = Answers.Of(method, schemas, examples);
        return operation;
    }

    private static JsonObject Body(
        MessageDescriptor request,
        HttpBinding binding,
        PathTemplate template,
        Schemas schemas,
        IReadOnlyList<Example> examples
    )
    {
        var isWhole = binding.Body == "*";
        var field = isWhole ? null : request.FindFieldByName(binding.Body);
        var media = new JsonObject
        {
            ["schema"] =
                field is null
                    ? schemas.Without(request, template.Variables.Select(variable => variable.Field).ToHashSet())
                : binding.Verb == "PATCH" ? schemas.Of(field.MessageType)
                : schemas.WithRequired(field.MessageType),
        };
        if (Example.Bodies(examples) is { Count: > 0 } bodies)
            media["examples"] = bodies;
        return new JsonObject
        {
            ["description"] = CommentedContract.CommentOf((DescriptorBase?)field ?? request),
            ["required"] = field is null || Schemas.Is(field, FieldBehavior.Required),
            ["content"] = new JsonObject { ["application/json"] = media },
        };
    }

    private static JsonObject Tag(ServiceDescriptor service) =>
        new() { ["name"] = service.Name, ["description"] = CommentedContract.CommentOf(service) };

    private static string WhoMayCall(AccessRule rule) =>
        rule.CallerCase switch
        {
            AccessRule.CallerOneofCase.Anonymous => "**Who may call:** everybody, without a token.",
            AccessRule.CallerOneofCase.SignedIn => "**Who may call:** whoever holds a valid token.",
            AccessRule.CallerOneofCase.Owner =>
                "**Who may call:** a person in a first-party session, for their own resources; no app.",
            _ => "**Who may call:** a person in a first-party session, and an app whose grant allows "
                + $"{string.Join(" or ", rule.Consented.Operations.Select(operation => $"`{NameOf(operation)}`"))} somewhere.",
        };

    private static string NameOf(Operation operation) =>
        AccessReflection
            .Descriptor.EnumTypes.Single(type => type.ClrType == typeof(Operation))
            .FindValueByNumber((int)operation)
            .Name;

    // ListDocuments: List documents.
    private static string Words(string name) =>
        name[0] + Capital().Replace(name[1..], match => $" {match.Value.ToLowerInvariant()}");

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Capital();
}
