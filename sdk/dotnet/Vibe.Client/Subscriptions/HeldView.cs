using Wire = Vibe.Sync.V1;

namespace Vibe.Client.Subscriptions;

/// <summary>
/// What the pages of a scope amount to, so that a reader who comes later can be told by one page. It does no I/O.
/// </summary>
internal sealed class HeldView
{
    private readonly Dictionary<string, Wire.Change> _documents = new(StringComparer.Ordinal);
    private HashSet<string>? _generation;
    private FeedPage? _last;

    /// <summary>Takes in a page.</summary>
    public void Apply(FeedPage page)
    {
        _last = page;
        if (page.IsReset)
        {
            _generation = new HashSet<string>(StringComparer.Ordinal);
        }

        foreach (var change in page.Changes)
        {
            if (change.KindCase == Wire.Change.KindOneofCase.Put)
            {
                _documents[change.DocumentId] = change;
                _generation?.Add(change.DocumentId);
            }
            else
            {
                _documents.Remove(change.DocumentId);
                _generation?.Remove(change.DocumentId);
            }
        }

        if (page.IsLive && _generation is not null)
        {
            foreach (var id in _documents.Keys.Where(id => !_generation.Contains(id)).ToArray())
            {
                _documents.Remove(id);
            }

            _generation = null;
        }
    }

    /// <summary>Gives the page that begins where the pages so far have led; null before the first.</summary>
    /// <param name="mayBeLive">Whether it may say that the view is complete, where it is.</param>
    public FeedPage? ToPage(bool mayBeLive)
    {
        if (_last is null)
        {
            return null;
        }

        // Of a snapshot that is under way only what it has brought: what else is held may be gone.
        var documents = _generation is null ? _documents.Values : _generation.Select(id => _documents[id]);
        return new FeedPage([.. documents], IsReset: true, mayBeLive && _last.IsLive, _last.ResumeToken);
    }
}
