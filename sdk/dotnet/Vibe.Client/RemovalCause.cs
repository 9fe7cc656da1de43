namespace Vibe.Client;

/// <summary>Why a document went away, as far as the caller may know.</summary>
public enum RemovalCause
{
    /// <summary>The caller does not see the document any more, and no more than that is told.</summary>
    NoLongerVisible,

    /// <summary>The document was deleted.</summary>
    Deleted,
}
