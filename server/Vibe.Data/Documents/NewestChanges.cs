using Vibe.Consent.Policy;
using Vibe.Data.Feed;

namespace Vibe.Data.Documents;

/// <summary>
/// The documents that changed behind a revision, in the order of their changes, as they were asked for at once together
/// with something else: a few of them, and of each what it holds only where that is short.
/// </summary>
internal sealed class NewestChanges
{
    /// <summary>How many there are at most.</summary>
    public const int Most = 32;

    /// <summary>How long what a document holds may be; what it costs to pass over a longer one says nothing of it.</summary>
    public const int MostBodyBytes = 2048;

    private readonly List<StoredDocument> _documents = [];
    private readonly HashSet<string> _withoutBody = [];

    /// <summary>Whether these are all that changed.</summary>
    public bool AreAll => _documents.Count <= Most;

    /// <summary>Whether it is known of all of them what they hold.</summary>
    public bool HaveBodies => _withoutBody.Count == 0;

    /// <summary>The documents.</summary>
    public IReadOnlyList<StoredDocument> Documents => _documents;

    /// <summary>The access lists that they ever had, in their order; nothing where those were not asked for.</summary>
    public Dictionary<string, List<(Stamp Stamp, AccessList List)>>? Lists { get; init; }

    /// <summary>Adds the next one.</summary>
    public void Add(StoredDocument document, bool hasBody)
    {
        _documents.Add(document);
        if (!hasBody)
            _withoutBody.Add(document.Name.Id);
    }

    /// <summary>Gives what documents hold, by their ids; nothing where that is not known of one of them.</summary>
    public Dictionary<string, StoredContent>? Find(IReadOnlyCollection<string> ids)
    {
        if (ids.Any(_withoutBody.Contains))
            return null;
        var found = _documents.ToDictionary(document => document.Name.Id, StoredContent (document) => document);
        return ids.All(found.ContainsKey) ? found : null;
    }
}
