using System.Text.Json.Nodes;
using Vibe.Cases.Playing;
using Vibe.Cases.Runners;

namespace Vibe.Cases.Trials;

/// <summary>What one client holds of a collection that it follows.</summary>
internal sealed class Mirror(Runner runner, string feed)
{
    private readonly Held _held = new();
    private readonly Lock _lock = new();

    public string Kind => runner.Kind;

    /// <summary>How many changes came that changed nothing: told twice.</summary>
    public int Repeated
    {
        get
        {
            lock (_lock)
                return _held.Repeated;
        }
    }

    /// <summary>The documents by id, with their etags.</summary>
    public Dictionary<string, string> Held
    {
        get
        {
            lock (_lock)
                return _held.Documents.ToDictionary(
                    document => document["id"]!.GetValue<string>(),
                    document => document["etag"]!.GetValue<string>(),
                    StringComparer.Ordinal
                );
        }
    }

    /// <summary>Follows until the feed ends, and gives the reason.</summary>
    public async Task<JsonObject> FollowAsync()
    {
        while (true)
        {
            var answer = await runner.Ask(new JsonObject { ["do"] = "next", ["feed"] = feed }).Answer;
            if (answer["ok"]?["page"] is not JsonObject page)
                return answer;
            lock (_lock)
                _held.Apply(page);
        }
    }
}
