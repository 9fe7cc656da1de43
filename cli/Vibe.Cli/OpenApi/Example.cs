using System.Text.Json;
using System.Text.Json.Nodes;

namespace Vibe.Cli.OpenApi;

/// <summary>
/// A request and its answer. They are written down in the order in which they happen, and a test plays them against a server;
/// what differs each time (ids of spaces, times, tokens) is what it was once.
/// </summary>
/// <param name="Operation">The id of the operation.</param>
/// <param name="Name">What it is called; parts of the document that belong together have the same name.</param>
/// <param name="Summary">What it shows.</param>
/// <param name="Caller">Who calls: <c>owner</c>, <c>nobody</c>, or <c>app</c>, which may read films and nothing else.</param>
/// <param name="Parameters">What stands in the path and the query.</param>
/// <param name="Body">The body of the request, where it has one.</param>
/// <param name="Status">The HTTP status of the answer.</param>
/// <param name="Answer">The body of the answer.</param>
internal sealed record Example(
    string Operation,
    string Name,
    string Summary,
    string Caller,
    JsonObject Parameters,
    JsonNode? Body,
    int Status,
    JsonNode Answer
)
{
    private const string Resource = "examples.json";

    private static readonly JsonSerializerOptions Form = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>All of them, by the operation.</summary>
    public static ILookup<string, Example> All { get; } = Read().ToLookup(example => example.Operation);

    /// <summary>Their values of a parameter, by their names; nothing where none has one.</summary>
    public static JsonObject? ValuesOf(string parameter, IEnumerable<Example> examples)
    {
        var values = examples
            .Where(example => example.Parameters.ContainsKey(parameter))
            .Select(example => example.Shown(example.Parameters[parameter]!))
            .ToList();
        return values.Count == 0 ? null : new JsonObject(values);
    }

    /// <summary>Their bodies, by their names.</summary>
    public static JsonObject Bodies(IEnumerable<Example> examples) =>
        new(examples.Where(example => example.Body is not null).Select(example => example.Shown(example.Body!)));

    /// <summary>Their answers, by their names.</summary>
    public static JsonObject Answers(IEnumerable<Example> examples) =>
        new(examples.Select(example => example.Shown(example.Answer)));

    private KeyValuePair<string, JsonNode?> Shown(JsonNode value) =>
        new(Name, new JsonObject { ["summary"] = Summary, ["value"] = value.DeepClone() });

    private static Example[] Read()
    {
        using var resource = typeof(Example).Assembly.GetManifestResourceStream(Resource)!;
        return JsonSerializer.Deserialize<Example[]>(resource, Form)!;
    }
}
