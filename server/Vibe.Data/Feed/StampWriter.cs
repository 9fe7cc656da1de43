namespace Vibe.Data.Feed;

/// <summary>Writes what <see cref="StampReader"/> reads.</summary>
internal static class StampWriter
{
    public const int LongestMember = 3 * LongestNumber;

    private const int LongestNumber = 9;

    public static void WriteMember(MemoryStream bytes, ReadOnlySpan<byte> name, Stamp stamp)
    {
        WriteNumber(bytes, name.Length);
        bytes.Write(name);
        WriteNumber(bytes, stamp.Revision);
        WriteNumber(bytes, stamp.At);
    }

    public static void WriteNumber(MemoryStream bytes, long number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        for (; number >= 0x80; number >>= 7)
        {
            bytes.WriteByte((byte)(number | 0x80));
        }

        bytes.WriteByte((byte)number);
    }
}
