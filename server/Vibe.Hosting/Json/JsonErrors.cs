using System.Globalization;
using Vibe.Errors.V1;
using Vibe.Hosting.Errors;

namespace Vibe.Hosting.Json;

/// <summary>Why JSON is refused. Paths are JSON Pointers, cut to a length that fits the headers of an answer.</summary>
public static class JsonErrors
{
    /// <summary>A text or a name holds U+0000.</summary>
    public static VibeException Nul(string path) => Invalid(path, "nul", "holds U+0000, which cannot be stored");

    /// <summary>A text or a name holds half of a surrogate pair.</summary>
    public static VibeException Surrogate(string path) => Invalid(path, "surrogate", "holds a lone surrogate");

    /// <summary>An object has the same member twice.</summary>
    public static VibeException Duplicate(string path) => Invalid(path, "duplicate", "is there more than once");

    /// <summary>A number is beyond the range of a double.</summary>
    public static VibeException NotFinite(string path) => Invalid(path, "number", "is no finite number as a double");

    /// <summary>An integer has digits that its double does not keep.</summary>
    public static VibeException DigitsLost(string path) =>
        Invalid(path, "number", "is an integer that loses digits as a double; keep it as text");

    /// <summary>There is no value where one must be.</summary>
    public static VibeException Empty(string path) => Invalid(path, "empty", "has no value");

    /// <summary>The text is not JSON in UTF-8.</summary>
    public static VibeException Syntax(string path, string problem) => Invalid(path, "syntax", problem);

    /// <summary>Objects and arrays nest beyond the limit; the path is where they do first.</summary>
    public static VibeException TooDeep(string path, int limit) =>
        Limit(
            ErrorReason.DocumentTooDeep,
            path,
            limit,
            string.Create(CultureInfo.InvariantCulture, $"nests deeper than {limit} levels")
        );

    /// <summary>A member has a name longer than the limit; the path is the object that holds it.</summary>
    public static VibeException NameTooLong(string path, int limit) =>
        Limit(
            ErrorReason.MemberNameTooLong,
            path,
            limit,
            string.Create(CultureInfo.InvariantCulture, $"has a member whose name is longer than {limit} bytes")
        );

    private static VibeException Invalid(string path, string cause, string problem) =>
        new(
            ErrorReason.JsonInvalid,
            Sentence(path, problem),
            new Dictionary<string, string> { ["path"] = JsonPointer.ForMetadata(path), ["cause"] = cause }
        );

    private static VibeException Limit(ErrorReason reason, string path, int limit, string problem) =>
        new(
            reason,
            Sentence(path, problem),
            new Dictionary<string, string>
            {
                ["path"] = JsonPointer.ForMetadata(path),
                ["limit"] = limit.ToString(CultureInfo.InvariantCulture),
            }
        );

    private static string Sentence(string path, string problem) =>
        path.Length == 0 ? $"The JSON {problem}." : $"The JSON at {JsonPointer.ForMessage(path)} {problem}.";
}
