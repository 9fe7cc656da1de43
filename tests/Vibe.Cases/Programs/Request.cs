using System.Text.Json.Nodes;

namespace Vibe.Cases.Programs;

/// <summary>A request to the runner, of which every member must be taken.</summary>
internal sealed class Request(JsonObject members)
{
    private readonly HashSet<string> _rest = [.. members.Select(member => member.Key)];

    public string Text(string member) => TextOrNull(member) ?? throw new UnknownException($"'{member}' is missing.");

    public string? TextOrNull(string member) => Node(member)?.GetValue<string>();

    public int? Number(string member) => Node(member)?.GetValue<int>();

    public bool Flag(string member) => Node(member)?.GetValue<bool>() ?? false;

    public TimeSpan? Seconds(string member) =>
        Node(member) is { } seconds ? TimeSpan.FromSeconds(seconds.GetValue<double>()) : null;

    public JsonNode? Node(string member)
    {
        _rest.Remove(member);
        return members[member];
    }

    public JsonObject Object(string member) =>
        Node(member) as JsonObject ?? throw new UnknownException($"'{member}' is no object.");

    public bool Has(string member) => members.ContainsKey(member);

    /// <exception cref="UnknownException">A member was not taken.</exception>
    public void TakenWhole()
    {
        if (_rest.Count > 0)
            throw new UnknownException($"'{_rest.First()}' is no member of this request.");
    }
}
