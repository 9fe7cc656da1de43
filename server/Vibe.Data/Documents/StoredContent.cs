using Vibe.Consent.Policy;
using Vibe.Data.Feed;

namespace Vibe.Data.Documents;

/// <summary>What is stored of a document that readers are shown parts of.</summary>
internal record StoredContent
{
    public required DocumentName Name { get; init; }

    public required Stamp Created { get; init; }

    public Stamp? Deleted { get; init; }

    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The digest of the whole body.</summary>
    public required byte[] Etag { get; init; }

    public required AccessList List { get; init; }

    public bool Exists => Deleted is null;
}
