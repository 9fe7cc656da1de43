using Vibe.Consent.Policy;
using Vibe.Data.Feed;

namespace Vibe.Data.Documents;

/// <summary>A document as it is stored, for nobody's eyes: callers see a <see cref="Document"/>.</summary>
internal sealed record StoredDocument
{
    public required DocumentName Name { get; init; }

    /// <summary>The last change of any kind.</summary>
    public required Stamp Changed { get; init; }

    /// <summary>The last change of the content: its creation, a member, its deletion.</summary>
    public required Stamp Content { get; init; }

    public required Stamp Created { get; init; }

    public Stamp? Deleted { get; init; }

    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The digest of the whole body.</summary>
    public required byte[] Etag { get; init; }

    public required StampTable Stamps { get; init; }

    public required AccessList List { get; init; }

    /// <summary>The last change of the access list; the creation, while there was none.</summary>
    public required Stamp ListChanged { get; init; }

    public bool Exists => Deleted is null;
}
