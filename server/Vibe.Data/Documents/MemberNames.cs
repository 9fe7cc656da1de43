using System.Text;

namespace Vibe.Data.Documents;

/// <summary>
/// The names of members as text. Documents of a collection have the same ones over and over, so the last ones are kept and
/// given again.
/// </summary>
internal static class MemberNames
{
    private const int LongestKept = 64;

    private static readonly string?[] Kept = new string?[512];

    /// <summary>Gives a name by its UTF-8, which must be valid.</summary>
    public static string Of(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > LongestKept)
            return Encoding.UTF8.GetString(utf8);
        var hash = new HashCode();
        hash.AddBytes(utf8);
        ref var place = ref Kept[(uint)hash.ToHashCode() % (uint)Kept.Length];
        // A name is looked at once, since another thread may put its own there meanwhile.
        if (place is { } name && IsSame(name, utf8))
            return name;
        return place = Encoding.UTF8.GetString(utf8);
    }

    private static bool IsSame(string name, ReadOnlySpan<byte> utf8)
    {
        if (Ascii.Equals(utf8, name))
            return true;
        Span<byte> bytes = stackalloc byte[LongestKept * 3];
        return Encoding.UTF8.TryGetBytes(name, bytes, out var length) && utf8.SequenceEqual(bytes[..length]);
    }
}
