using System.Text.Json.Nodes;

namespace Vibe.Cases.Scenarios;

/// <summary>Reads members that must be known: one that is misspelt would be passed over, and nothing be tested.</summary>
internal static class Known
{
    /// <exception cref="ScenarioException">Another member is there.</exception>
    public static void Only(JsonObject found, IReadOnlyCollection<string> members, string what)
    {
        if (found.FirstOrDefault(member => !members.Contains(member.Key)) is { Key: { } unknown })
            throw new ScenarioException($"'{unknown}' is no member of {what}.");
    }

    /// <exception cref="ScenarioException">It is not there, or no text.</exception>
    public static string Text(JsonObject from, string member) =>
        from[member] is JsonValue value && value.TryGetValue(out string? text)
            ? text
            : throw new ScenarioException($"'{member}' is missing, or no text.");
}
