using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Vibe.Testing;

namespace Vibe.Cases.Tests.Deployment;

/// <summary>What <c>deploy/compose/compose.yaml</c> says, after it was held against the schema of its kind.</summary>
internal sealed partial class ComposeFile
{
    private readonly JsonObject _services;
    private readonly IReadOnlyDictionary<string, string> _variables;

    private ComposeFile(JsonObject services, IReadOnlyDictionary<string, string> variables) =>
        (_services, _variables) = (services, variables);

    /// <summary>The names of its services.</summary>
    public IEnumerable<string> Services => _services.Select(service => service.Key);

    /// <summary>Reads it; skips the test, visibly, where the machine lacks something.</summary>
    /// <param name="variables">What stands in <c>.env</c>.</param>
    public static async Task<ComposeFile> ReadAsync(IReadOnlyDictionary<string, string> variables)
    {
        var read = await Tool.RunAsync("compose", [], TestContext.Current.CancellationToken);
        if (read.ExitCode == Tool.LacksSomething)
            throw Missing.Exception(read.Errors);
        Assert.True(read.ExitCode == 0, read.Errors);
        return new ComposeFile(JsonNode.Parse(read.Output)!["services"]!.AsObject(), variables);
    }

    /// <summary>The variables of a service's environment.</summary>
    public Dictionary<string, string> EnvironmentOf(string service) =>
        _services[service]!["environment"]?.AsObject().ToDictionary(pair => pair.Key, pair => Text(pair.Value!)) ?? [];

    /// <summary>What a service runs, behind its image's entry point.</summary>
    public IReadOnlyList<string> CommandOf(string service) => Texts(_services[service]!["command"]!);

    /// <summary>The program by which its health is looked at.</summary>
    public IReadOnlyList<string> HealthOf(string service) =>
        Texts(_services[service]!["healthcheck"]!["test"]!) is ["CMD", .. var program]
            ? program
            : throw new InvalidOperationException($"{service} runs no program for its health.");

    /// <summary>The image of a service.</summary>
    public string ImageOf(string service) => Text(_services[service]!["image"]!);

    /// <summary>How many there are of a service.</summary>
    public int ReplicasOf(string service) => (int?)_services[service]!["deploy"]?["replicas"] ?? 1;

    private List<string> Texts(JsonNode list) => [.. list.AsArray().Select(item => Text(item!))];

    // ${NAME}, ${NAME:-what it is without} and ${NAME:?what to say without}.
    private string Text(JsonNode node) =>
        Variable()
            .Replace(
                node.ToString(),
                match =>
                    _variables.GetValueOrDefault(match.Groups["name"].Value)
                    ?? (
                        match.Groups["default"].Success
                            ? match.Groups["default"].Value
                            : throw new InvalidOperationException($"{match.Value} has no value.")
                    )
            );

    [GeneratedRegex(@"\$\{(?<name>\w+)(:-(?<default>[^}]*)|:\?[^}]*)?\}")]
    private static partial Regex Variable();
}
