using System.Buffers.Text;
using System.Security.Cryptography;
using Vibe.Consent.Policy;
using Vibe.Data.Feed;
using Vibe.Storage;

namespace Vibe.Data.Documents;

/// <summary>
/// A document as one caller sees it. It comes into being only by opening what is stored with a permit, so nothing in it,
/// its etag and times included, rests on anything that the caller may not see.
/// </summary>
internal sealed class Document
{
    private const int EtagBytes = 16;

    private Document(DocumentName name, ReadOnlyMemory<byte> json, string etag, ViewPlace place, AccessList? list)
    {
        Name = name;
        Json = json;
        Etag = etag;
        CreateTime = Clock.FromMicroseconds(place.CameIn.At);
        UpdateTime = Clock.FromMicroseconds(place.At);
        List = list;
    }

    public DocumentName Name { get; }

    /// <summary>The content that the caller may read, as canonical JSON.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    public string Etag { get; }

    public DateTimeOffset CreateTime { get; }

    public DateTimeOffset UpdateTime { get; }

    /// <summary>The access list, for those who may share the document.</summary>
    public AccessList? List { get; }

    /// <summary>Opens a document that is in the view.</summary>
    public static Document Open(StoredContent stored, View view, ViewPlace place)
    {
        if (!place.IsIn || !view.Permit.Sees(stored.List))
            throw new InvalidOperationException("A document outside the view cannot be opened.");
        var list = view.Permit.SeesList(stored.List) ? stored.List : null;
        if (view.Permit.Readable.IsAll)
            return new Document(stored.Name, stored.Body, EtagOf(stored.Etag, stored.Body, list), place, list);
        var json = DocumentBody.Project(stored.Body.Span, view.Permit.Readable.Contains);
        return new Document(stored.Name, json, EtagOf(DigestOf(json), json, list), place, list);
    }

    /// <summary>Digests a whole body.</summary>
    public static byte[] DigestOf(ReadOnlySpan<byte> json) => SHA256.HashData(json)[..EtagBytes];

    private static string EtagOf(byte[] digest, ReadOnlyMemory<byte> json, AccessList? list)
    {
        if (list is null or { IsEmpty: true })
            return Base64Url.EncodeToString(digest);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(json.Span);
        hash.AppendData([0]);
        hash.AppendData(list.Bytes);
        return Base64Url.EncodeToString(hash.GetHashAndReset().AsSpan(0, EtagBytes));
    }
}
