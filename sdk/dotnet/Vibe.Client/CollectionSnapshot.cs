namespace Vibe.Client;

/// <summary>A whole collection as the caller saw it at one moment.</summary>
/// <typeparam name="T">The type of the content.</typeparam>
public sealed class CollectionSnapshot<T>
{
    /// <summary>The documents by id, in ascending order of the ids.</summary>
    public required IReadOnlyDictionary<string, DocumentSnapshot<T>> Documents { get; init; }

    /// <summary>The difference to the snapshot that the loop got before; for the first, all documents.</summary>
    public IReadOnlyList<Change<T>> Changes { get; init; } = [];

    /// <summary>
    /// True while the server stands behind this view. False after an attempt to reconnect failed; the documents are
    /// then the last that are known, and the client goes on trying.
    /// </summary>
    public bool IsLive { get; init; }

    /// <summary>Why the view is not live; null while it is.</summary>
    public VibeException? Error { get; init; }
}
