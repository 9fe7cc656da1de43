using System.Text.Json.Nodes;

namespace Vibe.Cases.Playing;

/// <summary>What one holds of a collection, by the rule for those who are given pages and hold the documents themselves.</summary>
internal sealed class Held
{
    private readonly SortedDictionary<string, (JsonObject Document, int Generation)> _documents = new(
        StringComparer.Ordinal
    );
    private int _generation;

    /// <summary>How many changes came that changed nothing: told twice.</summary>
    public int Repeated { get; private set; }

    /// <summary>The documents in the order of their ids.</summary>
    public IEnumerable<JsonObject> Documents => _documents.Values.Select(held => held.Document);

    public void Apply(JsonObject page)
    {
        if (page["reset"]!.GetValue<bool>())
            _generation++;
        foreach (var change in page["changes"]!.AsArray())
        {
            var id = change!["id"]!.GetValue<string>();
            if (change["document"] is not JsonObject document)
            {
                _documents.Remove(id);
                continue;
            }
            if (_documents.TryGetValue(id, out var held) && held.Generation == _generation && IsSame(held, document))
                Repeated++;
            _documents[id] = (document, _generation);
        }
        if (page["live"]!.GetValue<bool>())
            foreach (var old in _documents.Where(held => held.Value.Generation < _generation).ToList())
                _documents.Remove(old.Key);
    }

    private static bool IsSame((JsonObject Document, int Generation) held, JsonObject document) =>
        held.Document["etag"]!.GetValue<string>() == document["etag"]!.GetValue<string>();
}
