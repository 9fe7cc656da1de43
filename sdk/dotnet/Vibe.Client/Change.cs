namespace Vibe.Client;

/// <summary>What happened to one document.</summary>
/// <typeparam name="T">The type of the content.</typeparam>
public sealed class Change<T>
{
    /// <summary>Makes a change that brings a document; apps need this in tests.</summary>
    /// <param name="document">The document's present state.</param>
    public Change(DocumentSnapshot<T> document)
    {
        ArgumentNullException.ThrowIfNull(document);
        Id = document.Id;
        Document = document;
    }

    /// <summary>Makes a change that takes a document away; apps need this in tests.</summary>
    /// <param name="id">The document's id.</param>
    /// <param name="cause">Why it went.</param>
    public Change(string id, RemovalCause cause)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        Id = id;
        Cause = cause;
    }

    /// <summary>The document's id.</summary>
    public string Id { get; }

    /// <summary>
    /// The document's present state, which takes the place of what the reader has; null when it went away.
    /// </summary>
    public DocumentSnapshot<T>? Document { get; }

    /// <summary>Why the document went away; null when it is there.</summary>
    public RemovalCause? Cause { get; }
}
