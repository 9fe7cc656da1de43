using Vibe.Data.Feed;

namespace Vibe.Server.Tests.Data.Feed;

/// <summary>A client that follows a space page by page, with what it holds and where it stands.</summary>
internal sealed class Following(Reader reader, PlaceRule placeRule)
{
    private readonly HashSet<int> putSinceReset = [];
    private (long Cursor, long SnapshotFrom)? position;
    private bool inSnapshot = true;

    public SortedDictionary<int, string> View { get; } = [];

    /// <summary>Reads the next page, and applies it unless it is lost.</summary>
    public FeedPage<StoredDocument> Next(StoredSpace space, Pull pull)
    {
        var (cursor, snapshotFrom) = position ?? (0, space.Head);
        var page = PageRule.Next(
            space.Documents.Where(d => d.Revision > cursor),
            d => placeRule(d, reader),
            c => c.Place.IsIn ? c.Item.ShowTo(reader).Length : 2,
            cursor,
            space.Head,
            snapshotFrom,
            pull.MaxChanges,
            pull.MaxBytes
        );
        if (!pull.Lost)
        {
            Apply(page);
            position = (page.Cursor, snapshotFrom);
        }

        return page;
    }

    public void Restart()
    {
        position = null;
        inSnapshot = true;
        putSinceReset.Clear();
    }

    private void Apply(FeedPage<StoredDocument> page)
    {
        foreach (var (document, place) in page.Changes)
        {
            if (place.IsIn)
            {
                View[document.Id] = document.ShowTo(reader);
                putSinceReset.Add(document.Id);
            }
            else
            {
                View.Remove(document.Id);
            }
        }

        if (page.Exhausted && inSnapshot)
        {
            foreach (var id in View.Keys.Except(putSinceReset).ToList())
            {
                View.Remove(id);
            }

            inSnapshot = false;
        }
    }
}
