using System.Text;
using Vibe.Hosting.Json;

namespace Vibe.Data.Documents;

/// <summary>
/// How large documents may be. A caller is measured by what it may write; the whole has a ceiling of its own, so that
/// nobody learns from a refusal how much is hidden. Removed members go on counting, because their stamps stay.
/// </summary>
public sealed class DocumentLimits
{
    internal static DocumentLimits Default { get; } = new();

    /// <summary>Levels of objects and arrays; the document is the first.</summary>
    public int Depth { get; init; } = 30;

    /// <summary>Bytes of UTF-8 in the name of a member.</summary>
    public int NameBytes { get; init; } = 256;

    /// <summary>Bytes of canonical JSON in what a caller may write of a document.</summary>
    public int ShareBytes { get; init; } = 1 << 20;

    /// <summary>Members and array elements in what a caller may write of a document.</summary>
    public int ShareValues { get; init; } = 45_000;

    /// <summary>Bytes of canonical JSON in a whole document.</summary>
    public int WholeBytes { get; init; } = 2 << 20;

    /// <summary>Members and array elements in a whole document.</summary>
    public int WholeValues { get; init; } = 90_000;

    /// <summary>The limits that hold while JSON is read.</summary>
    public JsonLimits Json => new(Depth, NameBytes);

    /// <summary>Checks what the caller may write of a document, and the removed members that it may write.</summary>
    public void CheckShare(DocumentBody share, IEnumerable<string>? removed = null)
    {
        var (bytes, values) = Measure(share, removed);
        if (bytes > ShareBytes)
        {
            throw DocumentErrors.TooLarge(ShareBytes);
        }

        if (values > ShareValues)
        {
            throw DocumentErrors.TooManyValues(ShareValues);
        }
    }

    /// <summary>Checks a whole document with its removed members; the refusal never tells which limit it was.</summary>
    public void CheckWhole(DocumentBody whole, IEnumerable<string>? removed = null)
    {
        var (bytes, values) = Measure(whole, removed);
        if (bytes > WholeBytes || values > WholeValues)
        {
            throw DocumentErrors.TooLarge(WholeBytes);
        }
    }

    private static (long Bytes, long Values) Measure(DocumentBody body, IEnumerable<string>? removed)
    {
        long bytes = body.Size;
        long values = body.Values;
        foreach (var name in removed ?? [])
        {
            bytes += Encoding.UTF8.GetByteCount(name);
            values++;
        }

        return (bytes, values);
    }
}
