namespace Vibe.Data.Feed;

/// <summary>Finds a document's place in the order of one reader's view.</summary>
internal static class ViewOrder
{
    /// <summary>Finds the place.</summary>
    /// <param name="document">When the document changed.</param>
    /// <param name="lists">
    /// The access list at creation and each change of it, in ascending revision, evaluated for the reader. Before the first
    /// step nobody is in: a reader whom lists do not bind is admitted by every step, the one at creation included.
    /// </param>
    /// <param name="sees">Whether the reader sees a member.</param>
    // A place is the last revision at which the reader could have noticed something, and nothing else may move it.
    // The lists are walked as a state machine of two bits. The reader comes in, goes out, or stays; staying in moves
    // the document only where the list itself is visible before or after (SHARE), staying out never does. What
    // happens to members and to the document while it is out is older than the next way in, so the later of the two
    // forgets it; a deletion counts only for a reader who is still in, for to the others it must look like nothing.
    public static ViewPlace? Place(StoredStamps document, IReadOnlyList<ListStep> lists, Func<string, bool> sees)
    {
        Stamp? cameIn = null;
        Stamp moved = default;
        bool isIn = false,
            shares = false;

        foreach (var step in lists)
        {
            if (step.Admits && !isIn)
            {
                cameIn = moved = step.Stamp;
            }
            else if (isIn && (!step.Admits || shares || step.Shares))
            {
                moved = step.Stamp;
            }

            isIn = step.Admits;
            shares = step.Shares;
        }

        if (cameIn is not { } way)
        {
            return null;
        }

        if (!isIn)
        {
            return new(moved.Revision, moved.At, false, way, RemovalKind.NoLongerVisible);
        }

        if (document.Deleted is { } deleted)
        {
            return new(deleted.Revision, deleted.At, false, way, RemovalKind.Deleted);
        }

        if (document.Members.Newest(sees) is { } newest && newest.Revision > moved.Revision)
        {
            moved = newest;
        }

        return new(moved.Revision, moved.At, true, way, RemovalKind.None);
    }
}
