namespace Vibe.Data.Feed;

/// <summary>
/// A document's place in the order of one view: the last change in that view, whether the document is in it since,
/// and its last way in. <c>CameIn.At</c> is the reader's time of creation, <c>At</c> that of the last update.
/// </summary>
internal readonly record struct ViewPlace(long Revision, long At, bool IsIn, Stamp CameIn, RemovalKind Removal);
