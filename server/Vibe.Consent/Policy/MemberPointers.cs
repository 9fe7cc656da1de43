using Vibe.Errors.V1;
using Vibe.Hosting.Errors;
using Vibe.Hosting.Json;

namespace Vibe.Consent.Policy;

/// <summary>Members in manifests and grants: JSON Pointers (RFC 6901) of one segment, or <c>*</c> for all.</summary>
public static class MemberPointers
{
    /// <summary>The single entry that stands for every member.</summary>
    public const string Every = "*";

    private const int MaxNameBytes = 256;

    /// <summary>Gives the members of entries that were checked.</summary>
    internal static MemberSet Read(IReadOnlyList<string> fields) =>
        fields is [Every] ? MemberSet.All : MemberSet.Of(fields.Select(field => NameIn(field)!));

    /// <summary>Checks the members of an entry.</summary>
    /// <param name="fields">The members.</param>
    /// <param name="needed">Whether the entry's operations need members.</param>
    /// <param name="most">How many members one entry may name.</param>
    /// <param name="field">Where in the request they stand.</param>
    /// <exception cref="VibeException">FIELD_INVALID, PATH_INVALID, TOO_MANY_ITEMS.</exception>
    internal static void Check(IReadOnlyList<string> fields, bool needed, int most, string field)
    {
        if (fields.Count > most)
            throw CallErrors.TooManyItems(field, fields.Count, most);
        if (needed != fields.Count > 0)
            throw CallErrors.FieldInvalid(
                field,
                needed
                    ? "name at least one member, or '*' for all."
                    : "only READ, CREATE and UPDATE are granted by members; leave it empty."
            );
        if (fields is [Every])
            return;
        for (var index = 0; index < fields.Count; index++)
            if (NameIn(fields[index]) is null)
                throw new VibeException(
                    ErrorReason.PathInvalid,
                    $"The field '{field}[{index}]' is no JSON Pointer to a top-level member, like '/Title'.",
                    new Dictionary<string, string>
                    {
                        ["field"] = $"{field}[{index}]",
                        ["path"] = JsonPointer.ForMetadata(fields[index]),
                    }
                );
    }

    /// <summary>Writes the pointer to a member.</summary>
    public static string Of(string name) => "/" + name.Replace("~", "~0").Replace("/", "~1");

    private static string? NameIn(string pointer)
    {
        if (pointer is not ['/', .. var segment] || segment.Contains('/') || segment.Contains('\0'))
            return null;
        if (System.Text.Encoding.UTF8.GetByteCount(segment) > MaxNameBytes * 2)
            return null;
        for (var index = segment.IndexOf('~'); index >= 0; index = segment.IndexOf('~', index + 1))
            if (index + 1 == segment.Length || segment[index + 1] is not ('0' or '1'))
                return null;
        var name = segment.Replace("~1", "/").Replace("~0", "~");
        return System.Text.Encoding.UTF8.GetByteCount(name) <= MaxNameBytes ? name : null;
    }
}
