using Google.Protobuf.WellKnownTypes;
using Vibe.Access.V1;
using Vibe.Data.Documents;

namespace Vibe.Data.Feed;

/// <summary>One document as a page tells about it: as its reader sees it, or that it went.</summary>
public sealed class FeedEntry
{
    // A removal weighs the same whatever it was that went.
    private const int RemovalSize = 128;

    private FeedEntry(string id, int size) => (Id, Size) = (id, size);

    /// <summary>The document's id in its collection.</summary>
    public string Id { get; }

    /// <summary>How much room it takes in a page.</summary>
    public int Size { get; }

    /// <summary>Whether the document is there; else it went.</summary>
    public bool IsPut => Etag is not null;

    /// <summary>Whether it went by being deleted, as far as the reader may know.</summary>
    public bool IsDeleted { get; private init; }

    /// <summary>The content as canonical JSON, unless it goes as a structured value.</summary>
    public ReadOnlyMemory<byte> Json { get; private init; }

    /// <summary>The content as a structured value, where that was asked for.</summary>
    public Struct? Body { get; private init; }

    /// <summary>The etag; nothing where the document went.</summary>
    public string? Etag { get; private init; }

    /// <summary>When the document came into the view.</summary>
    public DateTimeOffset CreateTime { get; private init; }

    /// <summary>When it changed last in the view.</summary>
    public DateTimeOffset UpdateTime { get; private init; }

    /// <summary>The access list, for those who may share the document.</summary>
    public Acl? Acl { get; private init; }

    internal static FeedEntry Of(StoredContent stored, View view, ViewPlace place, bool structured)
    {
        if (!place.IsIn)
            return new FeedEntry(stored.Name.Id, RemovalSize) { IsDeleted = place.Removal == RemovalKind.Deleted };
        var document = Document.Open(stored, view, place);
        var body = structured ? DocumentWire.ToStruct(document.Json) : null;
        return new FeedEntry(stored.Name.Id, PageRoom.SizeOf(document, body))
        {
            Json = document.Json,
            Body = body,
            Etag = document.Etag,
            CreateTime = document.CreateTime,
            UpdateTime = document.UpdateTime,
            Acl = DocumentWire.ToWire(document.List),
        };
    }
}
