using System.Globalization;
using Vibe.Errors.V1;
using Vibe.Hosting.Errors;
using Vibe.Hosting.Json;

namespace Vibe.Data.Documents;

/// <summary>Why documents and changes to them are refused.</summary>
internal static class DocumentErrors
{
    /// <summary>The document has too many bytes; by how much is not told.</summary>
    public static VibeException TooLarge(int limit) =>
        new(
            ErrorReason.DocumentTooLarge,
            string.Create(CultureInfo.InvariantCulture, $"The document is larger than the limit of {limit} bytes."),
            new Dictionary<string, string> { ["limit"] = Number(limit) }
        );

    /// <summary>The document has too many members and array elements.</summary>
    public static VibeException TooManyValues(int limit) =>
        new(
            ErrorReason.DocumentTooManyValues,
            string.Create(CultureInfo.InvariantCulture, $"The document holds more than {limit} values."),
            new Dictionary<string, string> { ["limit"] = Number(limit) }
        );

    /// <summary>More update paths than one request may have.</summary>
    public static VibeException TooManyPaths(int actual, int limit) =>
        new(
            ErrorReason.TooManyItems,
            string.Create(CultureInfo.InvariantCulture, $"There are {actual} update paths; the limit is {limit}."),
            new Dictionary<string, string>
            {
                ["field"] = UpdatePaths.Field,
                ["actual"] = Number(actual),
                ["limit"] = Number(limit),
            }
        );

    /// <summary>An update path has not the form asked for, or overlaps with another.</summary>
    public static VibeException PathInvalid(string path, string problem) =>
        new(
            ErrorReason.PathInvalid,
            $"The update path \"{JsonPointer.ForMessage(path)}\" {problem}.",
            PathIn(UpdatePaths.Field, path)
        );

    /// <summary>The body holds a member that no update path covers.</summary>
    public static VibeException NotCovered(string path) =>
        new(
            ErrorReason.PathInvalid,
            $"The body holds \"{JsonPointer.ForMessage(path)}\", which no update path covers.",
            PathIn(UpdatePaths.Field, path)
        );

    /// <summary>An update path leads through something that is not an object.</summary>
    public static VibeException MemberNotObject(string path, string? resource = null)
    {
        var metadata = new Dictionary<string, string> { ["path"] = JsonPointer.ForMetadata(path) };
        if (resource is not null)
        {
            metadata["resource"] = resource;
        }

        return new VibeException(
            ErrorReason.MemberNotObject,
            $"The member \"{JsonPointer.ForMessage(path)}\" is not an object.",
            metadata
        );
    }

    /// <summary>The caller's view holds no such document; whether it exists is not told.</summary>
    public static VibeException NotFound(DocumentName name) =>
        new(
            ErrorReason.ResourceNotFound,
            $"There is no document {name}, or it is not yours to see.",
            new Dictionary<string, string> { ["resource"] = name.ToString() }
        );

    /// <summary>The id is used, or was; what stands behind it is not told.</summary>
    public static VibeException Exists(DocumentName name) =>
        new(
            ErrorReason.ResourceExists,
            $"The id of {name} is taken; ids are never used twice.",
            new Dictionary<string, string> { ["resource"] = name.ToString() }
        );

    /// <summary>What the caller sees of the document is not what it named.</summary>
    public static VibeException Stale(DocumentName name, string etag) =>
        new(
            ErrorReason.EtagMismatch,
            "The document changed meanwhile. Read it, decide anew, and write again.",
            new Dictionary<string, string> { ["resource"] = name.ToString(), ["etag"] = etag }
        );

    private static Dictionary<string, string> PathIn(string field, string path) =>
        new() { ["field"] = field, ["path"] = JsonPointer.ForMetadata(path) };

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
