namespace Vibe.Data.Feed;

/// <summary>Why a document is not in a view, as far as the reader may know.</summary>
internal enum RemovalKind
{
    None,
    Deleted,
    NoLongerVisible,
}
