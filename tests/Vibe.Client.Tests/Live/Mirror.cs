using System.Text.Json.Nodes;

namespace Vibe.Client.Tests.Live;

/// <summary>A reader that holds the documents itself, by the rule of <see cref="ChangePage{T}"/>.</summary>
internal sealed class Mirror
{
    private readonly SortedDictionary<string, (DocumentSnapshot<JsonObject> Document, int Generation)> _rows = new(
        StringComparer.Ordinal
    );

    private int _generation;

    public string? ResumeToken { get; private set; }

    public IEnumerable<DocumentSnapshot<JsonObject>> Documents => _rows.Values.Select(row => row.Document);

    public void Apply(ChangePage<JsonObject> page)
    {
        if (page.IsReset)
        {
            _generation++;
        }

        foreach (var change in page.Changes)
        {
            if (change.Document is { } document)
            {
                _rows[change.Id] = (document, _generation);
            }
            else
            {
                _rows.Remove(change.Id);
            }
        }

        if (page.IsLive)
        {
            foreach (var id in _rows.Where(row => row.Value.Generation < _generation).Select(row => row.Key).ToArray())
            {
                _rows.Remove(id);
            }
        }

        ResumeToken = page.ResumeToken;
    }
}
