using Vibe.Data.Feed;

namespace Vibe.Data.Documents;

/// <summary>A document as it is stored, for nobody's eyes: callers see a <see cref="Document"/>.</summary>
internal sealed record StoredDocument : StoredContent
{
    /// <summary>The last change of any kind.</summary>
    public required Stamp Changed { get; init; }

    /// <summary>The last change of the content: its creation, a member, its deletion.</summary>
    public required Stamp Content { get; init; }

    public required StampTable Stamps { get; init; }

    /// <summary>The last change of the access list; the creation, while there was none.</summary>
    public required Stamp ListChanged { get; init; }

    /// <summary>When it changed.</summary>
    public StoredStamps When =>
        new()
        {
            Id = Name.Id,
            Changed = Changed,
            Created = Created,
            Deleted = Deleted,
            Members = Stamps,
            ListChanged = ListChanged,
        };
}
