using System.Text.Json.Nodes;

namespace Vibe.Cases.Scenarios;

/// <summary>What the names of a scenario stand for, in one run of it.</summary>
internal sealed class Names
{
    private const char Mark = '$';

    private readonly Dictionary<string, JsonNode?> _values = new(StringComparer.Ordinal);

    public void Set(string name, JsonNode? value) => _values[name] = value?.DeepClone();

    public static bool IsName(JsonNode? node, out string name)
    {
        name = "";
        if (node is not JsonValue value || !value.TryGetValue(out string? text) || text.Length < 2 || text[0] != Mark)
            return false;
        name = text[1..];
        return true;
    }

    public bool TryGet(string name, out JsonNode? value) => _values.TryGetValue(name, out value);

    /// <summary>Puts in what names stand for, and makes long texts long.</summary>
    /// <exception cref="ScenarioException">A name stands for nothing yet.</exception>
    public JsonNode? Fill(JsonNode? node)
    {
        if (IsName(node, out var name))
            return _values.TryGetValue(name, out var value)
                ? value?.DeepClone()
                : throw new ScenarioException($"'${name}' stands for nothing yet.");
        switch (node)
        {
            case JsonObject found when found.ContainsKey("$times"):
                var text = Known.Text(found, "$text");
                return string.Concat(Enumerable.Repeat(text, found["$times"]!.GetValue<int>()));
            case JsonObject found:
                return new JsonObject(found.Select(member => KeyValuePair.Create(member.Key, Fill(member.Value))));
            case JsonArray items:
                return new JsonArray([.. items.Select(Fill)]);
            default:
                return node?.DeepClone();
        }
    }
}
