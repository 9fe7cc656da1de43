using Vibe.Data.Feed;

namespace Vibe.Server.Tests.Data.Feed;

/// <summary>A space of the model as the server keeps it.</summary>
internal sealed class StoredSpace
{
    private readonly SortedDictionary<int, StoredDocument> documents = [];

    public long Head { get; private set; }

    public IEnumerable<StoredDocument> Documents => documents.Values;

    public StoredDocument? Find(int id) => documents.GetValueOrDefault(id);

    /// <summary>Carries the operation out, unless it changes nothing.</summary>
    public bool Apply(Operation operation, long at)
    {
        var stored = Find(operation.Document);
        if (!(stored?.Changes(operation) ?? operation is Create))
        {
            return false;
        }

        var now = new Stamp(++Head, at);
        if (stored is null)
        {
            documents.Add(operation.Document, new(operation.Document, (Create)operation, now));
        }
        else
        {
            stored.Apply(operation, now);
        }

        return true;
    }
}
