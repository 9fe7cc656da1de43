using System.Text;
using System.Text.Encodings.Web;
using Google.Protobuf.WellKnownTypes;
using Vibe.Consent.Policy;

namespace Vibe.Data.Documents;

/// <summary>
/// How much more a page takes: it ends before it grows beyond the limit, as JSON or on the wire, and holds at least one.
/// </summary>
internal sealed class PageRoom(int most)
{
    // What names, etags, times and punctuation cost beside the content, at most.
    private const int Envelope = 640;

    // What a rule of an access list costs in JSON beside its people: names of members and of operations.
    private const int RuleInJson = 120;

    // What a UTF-16 code unit costs as \uXXXX.
    private const int EscapedUnit = 6;

    private long _used;

    public bool Takes(Document document, Struct? body)
    {
        var size = SizeOf(document, body);
        var isFirst = _used == 0;
        _used += size;
        return isFirst || _used <= most;
    }

    /// <summary>
    /// Measures a document by the larger form of its message: structured values grow on the wire; in JSON bytes travel as
    /// base64, and text beyond the common characters as escapes.
    /// </summary>
    /// <param name="document">The document.</param>
    /// <param name="body">Its content, where it goes as a structured value.</param>
    public static int SizeOf(Document document, Struct? body)
    {
        var json = document.Json.Span;
        var content = Math.Max(json.Length / 3 * 4, json.Length + GrowthByEscapes(json));
        if (body is not null)
            content = Math.Max(content, body.CalculateSize());
        return content + SizeOf(document.List) + Envelope;
    }

    private static int SizeOf(AccessList? list) =>
        list is null or { IsEmpty: true } ? 0 : (list.Bytes.Length * 5 / 4) + (list.RuleCount * RuleInJson);

    // JSON transcoding writes with this encoder; canonical JSON has escaped the rest in the same way already.
    private static int GrowthByEscapes(ReadOnlySpan<byte> json)
    {
        var growth = 0;
        var at = json.IndexOfAnyInRange<byte>(0x7f, 0xff);
        while (at >= 0 && at < json.Length)
        {
            Rune.DecodeFromUtf8(json[at..], out var rune, out var length);
            if (rune.Value >= 0x7f && JavaScriptEncoder.UnsafeRelaxedJsonEscaping.WillEncode(rune.Value))
                growth += (rune.Utf16SequenceLength * EscapedUnit) - length;
            at += length;
        }
        return growth;
    }
}
