namespace Vibe.Server.Tests.Data.Feed;

/// <summary>
/// What the reader's view was after each revision, all of it, with the time of each revision. It knows no stamps and
/// no list history: a place is found by comparing whole views from the newest back.
/// </summary>
internal sealed class ViewOracle(Reader reader)
{
    private readonly List<(IReadOnlyDictionary<int, string> View, long At, bool Deletes)> states =
    [
        (new Dictionary<int, string>(), 0, false),
    ];

    public IReadOnlyDictionary<int, string> Now => states[^1].View;

    public long TimeOf(long revision) => states[(int)revision].At;

    public void Record(StoredSpace space, Operation operation, long at) =>
        states.Add(
            (
                space
                    .Documents.Where(d => d.Deleted is null && reader.IsIn(d.List))
                    .ToDictionary(d => d.Id, d => d.ShowTo(reader)),
                at,
                operation is Delete
            )
        );

    public bool WasEverIn(int document) => states.Any(s => s.View.ContainsKey(document));

    /// <summary>Gives the last revision that changed the document in the view, 0 where none did.</summary>
    public long LastChange(int document) => Last(r => At(r, document) != At(r - 1, document));

    public long LastWayIn(int document) => Last(r => At(r, document) is not null && At(r - 1, document) is null);

    public bool LastChangeWasDeletion(int document) => states[(int)LastChange(document)].Deletes;

    private string? At(int revision, int document) => states[revision].View.GetValueOrDefault(document);

    private long Last(Func<int, bool> changed)
    {
        var revision = states.Count - 1;
        while (revision > 0 && !changed(revision))
        {
            revision--;
        }

        return revision;
    }
}
