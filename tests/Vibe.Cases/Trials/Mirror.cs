using System.Text.Json.Nodes;
using Vibe.Cases.Runners;

namespace Vibe.Cases.Trials;

/// <summary>What one client holds of a collection that it follows, by the rule for those who hold documents themselves.</summary>
internal sealed class Mirror(Runner runner, string feed)
{
    private readonly Dictionary<string, (string Etag, int Generation)> _documents = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private int _generation;

    public string Kind => runner.Kind;

    /// <summary>How many changes came that changed nothing: told twice.</summary>
    public int Repeated { get; private set; }

    /// <summary>The documents by id, with their etags.</summary>
    public Dictionary<string, string> Held
    {
        get
        {
            lock (_lock)
                return _documents.ToDictionary(held => held.Key, held => held.Value.Etag, StringComparer.Ordinal);
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
                Apply(page);
        }
    }

    private void Apply(JsonObject page)
    {
        if (page["reset"]!.GetValue<bool>())
            _generation++;
        foreach (var change in page["changes"]!.AsArray())
        {
            var id = change!["id"]!.GetValue<string>();
            if (change["document"] is not { } document)
            {
                _documents.Remove(id);
                continue;
            }
            var etag = document["etag"]!.GetValue<string>();
            if (_documents.TryGetValue(id, out var held) && held.Etag == etag && held.Generation == _generation)
                Repeated++;
            _documents[id] = (etag, _generation);
        }
        if (page["live"]!.GetValue<bool>())
            foreach (var old in _documents.Where(held => held.Value.Generation < _generation).ToList())
                _documents.Remove(old.Key);
    }
}
