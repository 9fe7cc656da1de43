using System.ComponentModel.DataAnnotations;
using System.Text;
using Microsoft.Extensions.Configuration;
using Vibe.Consent.Policy;
using Vibe.Hosting;
using Vibe.Hosting.Json;

namespace Vibe.Data.Documents;

/// <summary>
/// How large documents may be. A caller is measured by what it may write; the whole has a ceiling of its own, so that
/// nobody learns from a refusal how much is hidden. Removed members go on counting, because their stamps stay.
/// <para>
/// Nobody creates more than a share at once. Afterwards who may write every member, as the owner may, is bound by the
/// whole alone: several apps may have filled the document beyond one share, each within its own, and the owner must not
/// be locked out of a document for what others wrote into it.
/// </para>
/// </summary>
public sealed class DocumentLimits : IValidatableObject
{
    /// <summary>The section of the configuration that holds these limits.</summary>
    public const string Section = "Vibe:Documents";

    // What a level of a body costs in levels of protobuf messages, of which parsers take a hundred.
    private const int MaxDepth = 30;

    // What a value costs at most on the wire beside its text, as a structured value.
    private const int ValueOnWire = 46;

    internal static DocumentLimits Default { get; } = new();

    /// <summary>Levels of objects and arrays; the document is the first.</summary>
    [Range(1, MaxDepth)]
    public int Depth { get; init; } = 30;

    /// <summary>Bytes of UTF-8 in the name of a member.</summary>
    [Range(16, 256)]
    public int NameBytes { get; init; } = 256;

    /// <summary>Bytes of canonical JSON in what a caller may write of a document.</summary>
    [Range(1024, 16 << 20)]
    public int ShareBytes { get; init; } = 1 << 20;

    /// <summary>Members and array elements in what a caller may write of a document.</summary>
    [Range(100, 1_000_000)]
    public int ShareValues { get; init; } = 45_000;

    /// <summary>Bytes of canonical JSON in a whole document.</summary>
    [Range(1024, 32 << 20)]
    public int WholeBytes { get; init; } = 2 << 20;

    /// <summary>Members and array elements in a whole document.</summary>
    [Range(100, 1_000_000)]
    public int WholeValues { get; init; } = 90_000;

    /// <summary>The limits that hold while JSON is read.</summary>
    public JsonLimits Json => new(Depth, NameBytes);

    /// <summary>Reads the limits.</summary>
    /// <exception cref="StartupException">One of them cannot hold.</exception>
    public static DocumentLimits From(IConfiguration configuration)
    {
        var limits = configuration.ReadSettings<DocumentLimits>(Section);
        // Whatever is stored has to reach its readers in one message, structured or not.
        var message = Limits.From(configuration).MessageBytes;
        return limits.WholeBytes <= message / 2 && limits.WholeValues <= message / ValueOnWire
            ? limits
            : throw new StartupException(
                $"A setting of '{Section}' cannot hold: a document of {limits.WholeBytes} bytes and "
                    + $"{limits.WholeValues} values may not fit into a message of {message} bytes (Vibe:Limits:MessageBytes)."
            );
    }

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ShareBytes > WholeBytes || ShareValues > WholeValues)
            yield return new ValidationResult("ShareBytes and ShareValues must not exceed WholeBytes and WholeValues.");
    }

    /// <summary>Checks a document after an update by somebody who may write some of its members, or all.</summary>
    internal void CheckUpdated(DocumentBody body, IReadOnlyCollection<string> removed, MemberSet share)
    {
        if (!share.IsAll)
            CheckShare(body.Project(share.Contains), removed.Where(share.Contains));
        CheckWhole(body, removed);
    }

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
