using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Vibe.Cases.Scenarios;

/// <summary>Compares what was observed with what is expected.</summary>
internal static class Expectation
{
    private const int ShownAtMost = 400;

    /// <summary>Says what differs; null when nothing does. Names that stand for nothing yet take what they meet.</summary>
    public static string? Differs(JsonNode? expected, JsonNode? observed, Names names, string place = "")
    {
        if (Names.IsName(expected, out var name))
        {
            if (observed is null)
                return $"{place} is nothing, where ${name} is expected";
            if (names.TryGet(name, out var value))
                return Same(value, observed) ? null : $"{place} is {Show(observed)}, not ${name}, {Show(value)}";
            names.Set(name, observed);
            return null;
        }

        return expected switch
        {
            JsonValue any when any.TryGetValue(out string? text) && text == "*" => observed is null
                ? $"{place} is nothing"
                : null,
            JsonObject rule when rule.ContainsKey("$missing") => observed is null
                ? null
                : $"{place} is {Show(observed)}, where nothing is expected",
            JsonObject rule when rule.ContainsKey("$size") => observed is JsonArray items
            && items.Count == rule["$size"]!.GetValue<int>()
                ? null
                : $"{place} is {Show(observed)}, no list of {rule["$size"]}",
            JsonObject rule when rule.ContainsKey("$atMost") => observed is JsonValue number
            && number.GetValueKind() == JsonValueKind.Number
            && number.GetValue<double>() <= rule["$atMost"]!.GetValue<double>()
                ? null
                : $"{place} is {Show(observed)}, where at most {rule["$atMost"]} is expected",
            JsonObject rule when rule.ContainsKey("$not") => Differs(rule["$not"], observed, names, place) is null
                ? $"{place} is {Show(observed)}, which it must not be"
                : null,
            JsonObject rule when rule.ContainsKey("$times") => Differs(names.Fill(rule), observed, names, place),
            JsonObject members => Members(members, observed, names, place),
            JsonArray items => Items(items, observed, names, place),
            _ => Same(expected, observed) ? null : $"{place} is {Show(observed)}, not {Show(expected)}",
        };
    }

    private static string? Members(JsonObject expected, JsonNode? observed, Names names, string place)
    {
        if (observed is not JsonObject found)
            return $"{place} is {Show(observed)}, not an object";
        foreach (var (member, value) in expected)
        {
            if (member.StartsWith('$'))
                throw new ScenarioException($"'{member}' is no rule of what is expected.");
            if (Differs(value, found[member], names, $"{place}/{member}") is { } difference)
                return difference;
        }
        return null;
    }

    private static string? Items(JsonArray expected, JsonNode? observed, Names names, string place)
    {
        if (observed is not JsonArray found)
            return $"{place} is {Show(observed)}, not a list";
        if (found.Count != expected.Count)
            return $"{place} has {found.Count} items, not {expected.Count}: {Show(observed)}";
        for (var i = 0; i < expected.Count; i++)
            if (Differs(expected[i], found[i], names, $"{place}/{i}") is { } difference)
                return difference;
        return null;
    }

    private static bool Same(JsonNode? one, JsonNode? other)
    {
        if (one is null || other is null)
            return one is null && other is null;
        if (one.GetValueKind() != JsonValueKind.Number || other.GetValueKind() != JsonValueKind.Number)
            return JsonNode.DeepEquals(one, other);

        // A runner may write the same double with other digits; whole numbers are compared to the last one.
        var (left, right) = (one.ToJsonString(), other.ToJsonString());
        return left == right
            || (
                double.Parse(left, CultureInfo.InvariantCulture)
                    .Equals(double.Parse(right, CultureInfo.InvariantCulture)) && !(IsWhole(left) && IsWhole(right))
            );
    }

    private static bool IsWhole(string number) => number.All(sign => char.IsAsciiDigit(sign) || sign == '-');

    private static string Show(JsonNode? node)
    {
        var text = node?.ToJsonString() ?? "nothing";
        return text.Length <= ShownAtMost ? text : $"{text[..ShownAtMost]}… ({text.Length} characters)";
    }
}
