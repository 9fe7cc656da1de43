using System.Globalization;
using System.Text;
using Vibe.Consent.Policy;
using Vibe.Data.Documents;
using Vibe.Data.Feed;

namespace Vibe.Benchmarks;

/// <summary>The content of documents: canonical JSON objects of eight members that are about as large as each other.</summary>
internal static class Documents
{
    // What a member takes beside its words.
    private const int Envelope = 33;

    private static readonly string[] Members = ["a", "b", "c", "d", "e", "f", "g", "h"];

    /// <summary>Every other member: what an app reads that was allowed a part.</summary>
    public static IReadOnlyList<string> ReadableMembers { get; } = ["a", "c", "e", "g"];

    /// <summary>Gives canonical JSON of about so many bytes.</summary>
    public static byte[] Canonical(int bytes) => Write(bytes, Members, "");

    /// <summary>Gives the same object as people write it: members in another order, and blanks between.</summary>
    public static byte[] Written(int bytes) => Write(bytes, [.. Members.Reverse()], "\n  ");

    /// <summary>Gives a document as it is stored, the one of a revision.</summary>
    public static StoredDocument Stored(CollectionName collection, int bytes, long revision = 1)
    {
        var body = Canonical(bytes);
        var stamp = new Stamp(revision, revision);
        return new StoredDocument
        {
            Name = new DocumentName(collection, revision.ToString("d16", CultureInfo.InvariantCulture)),
            Changed = stamp,
            Content = stamp,
            Created = stamp,
            Body = body,
            Etag = Document.DigestOf(body),
            Stamps = StampTable.Encode(Members.ToDictionary(name => name, _ => stamp)),
            List = AccessList.Empty,
            ListChanged = stamp,
        };
    }

    /// <summary>Asks for documents with new ids.</summary>
    public static IReadOnlyList<DocumentWrite> Creates(CollectionName collection, int count, int bytes)
    {
        var body = DocumentBody.FromStored(Canonical(bytes));
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(_ => Guid.CreateVersion7().ToString("n"))
                .Select(id => new CreateDocument(new DocumentName(collection, id), id, body, null)),
        ];
    }

    private static byte[] Write(int bytes, string[] members, string blank)
    {
        const string Words = "the engine weaves algebraical patterns just as the loom weaves flowers and leaves ";
        var room = Math.Max(1, (bytes / members.Length) - Envelope);
        var words = string.Concat(Enumerable.Repeat(Words, room / Words.Length + 1))[..room];
        var half = room / 2;
        var values = members.Select(name =>
            $"{blank}\"{name}\":{blank}{{\"n\":12345,\"t\":[\"{words[..half]}\",\"{words[half..]}\",true]}}"
        );
        return Encoding.UTF8.GetBytes($"{{{string.Join(',', values)}{blank}}}");
    }
}
