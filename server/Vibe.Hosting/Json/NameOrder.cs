namespace Vibe.Hosting.Json;

/// <summary>
/// The order of members: by UTF-16 code units. In UTF-8 that is the order of bytes, except that what lies beyond
/// U+FFFF (first byte F0 to F4) comes before U+E000 to U+FFFF (EE and EF), because its surrogates do.
/// </summary>
internal static class NameOrder
{
    public static int Compare(ReadOnlySpan<byte> x, ReadOnlySpan<byte> y)
    {
        var same = x.CommonPrefixLength(y);
        return same == x.Length || same == y.Length
            ? x.Length.CompareTo(y.Length)
            : Weight(x[same]).CompareTo(Weight(y[same]));
    }

    private static int Weight(byte first) => first is 0xEE or 0xEF ? first + 0x10 : first;
}
