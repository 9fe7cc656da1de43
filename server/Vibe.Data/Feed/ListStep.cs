namespace Vibe.Data.Feed;

/// <summary>
/// What one access list of a document, in force from its stamp on, means for one reader: whether it may read the
/// document, and whether it holds SHARE on it and so sees the list.
/// </summary>
internal readonly record struct ListStep(Stamp Stamp, bool Admits, bool Shares);
