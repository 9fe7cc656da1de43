using Google.Protobuf;
using Vibe.Hosting;

namespace Vibe.Data.Documents;

/// <summary>
/// How much more a page takes: it ends before it grows beyond the limit, as JSON or on the wire, and holds at least one.
/// </summary>
internal sealed class PageRoom
{
    // What names, etags, times and punctuation cost beside the content, at most.
    private const int Envelope = 640;

    private long _used;

    public bool Takes(IMessage message, int jsonLength)
    {
        var size = SizeOf(message, jsonLength);
        var isFirst = _used == 0;
        _used += size;
        return isFirst || _used <= Limits.PageBytes;
    }

    /// <summary>Measures a message by its larger form: bytes travel as base64 in JSON, structured values grow on the wire.</summary>
    public static int SizeOf(IMessage message, int jsonLength) =>
        Math.Max(message.CalculateSize(), jsonLength / 3 * 4) + Envelope;
}
