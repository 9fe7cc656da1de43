using System.Text;

namespace Vibe.Hosting.Json;

/// <summary>JSON Pointers (RFC 6901): the paths of requests, grants and errors.</summary>
public static class JsonPointer
{
    internal const int MaxInMetadata = 512;
    private const int MaxInMessage = 80;

    /// <summary>The pointer of a member of what another pointer names.</summary>
    public static string Append(string pointer, string segment) => $"{pointer}/{Escape(segment)}";

    /// <summary>Splits a pointer into its segments; false where the text is no pointer.</summary>
    public static bool TryParse(string pointer, out string[] segments)
    {
        segments = [];
        if (pointer.Length == 0)
        {
            return true;
        }

        if (pointer[0] != '/' || !EscapesAreWhole(pointer))
        {
            return false;
        }

        segments = pointer[1..].Split('/');
        for (var i = 0; i < segments.Length; i++)
        {
            segments[i] = segments[i]
                .Replace("~1", "/", StringComparison.Ordinal)
                .Replace("~0", "~", StringComparison.Ordinal);
        }

        return true;
    }

    /// <summary>A pointer cut to what the metadata of an error may carry.</summary>
    public static string ForMetadata(string pointer) => Shorten(pointer, MaxInMetadata);

    /// <summary>A pointer cut to what the text of an error may carry: headers escape it to thrice its bytes.</summary>
    public static string ForMessage(string pointer) => Shorten(pointer, MaxInMessage);

    internal static void AppendTo(StringBuilder pointer, string segment) => pointer.Append('/').Append(Escape(segment));

    private static string Escape(string segment) =>
        segment.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static bool EscapesAreWhole(string pointer)
    {
        for (var at = pointer.IndexOf('~'); at >= 0; at = pointer.IndexOf('~', at + 1))
        {
            if (at + 1 == pointer.Length || pointer[at + 1] is not ('0' or '1'))
            {
                return false;
            }
        }

        return true;
    }

    private static string Shorten(string pointer, int length)
    {
        if (pointer.Length <= length)
        {
            return pointer;
        }

        return char.IsHighSurrogate(pointer[length - 1]) ? pointer[..(length - 1)] : pointer[..length];
    }
}
