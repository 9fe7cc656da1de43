using System.Text.Unicode;

namespace Vibe.Data.Feed;

/// <summary>
/// Walks over an encoded <see cref="StampTable"/> without copying, and refuses everything that encoding does not
/// write: a stamp misread would hide a change from a reader for ever.
/// </summary>
internal ref struct StampReader
{
    private readonly ReadOnlySpan<byte> encoded;
    private long left;

    public StampReader(ReadOnlySpan<byte> encoded)
    {
        this.encoded = encoded;
        Count = left = ReadNumber();
    }

    public long Count { get; }

    public int Position { get; private set; }

    public ReadOnlySpan<byte> Name { get; private set; }

    public Stamp Stamp { get; private set; }

    public bool Next()
    {
        if (left == 0)
        {
            return Position == encoded.Length ? false : throw Corrupt("bytes after the last member");
        }

        var name = ReadName();
        if (left < Count && name.SequenceCompareTo(Name) <= 0)
        {
            throw Corrupt("names out of order");
        }

        Name = name;
        Stamp = new(ReadNumber(), ReadNumber());
        left--;
        return true;
    }

    private ReadOnlySpan<byte> ReadName()
    {
        var length = ReadNumber();
        if (length > encoded.Length - Position)
        {
            throw Corrupt("a name beyond the end");
        }

        var name = encoded.Slice(Position, (int)length);
        Position += name.Length;
        return Utf8.IsValid(name) ? name : throw Corrupt("a name that is not UTF-8");
    }

    private long ReadNumber()
    {
        var number = 0L;
        for (var shift = 0; shift < 63; shift += 7)
        {
            if (Position == encoded.Length)
            {
                throw Corrupt("a number beyond the end");
            }

            var next = encoded[Position++];
            number |= (long)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return next > 0 || shift == 0 ? number : throw Corrupt("a number longer than it needs to be");
            }
        }

        throw Corrupt("a number too large");
    }

    private static InvalidDataException Corrupt(string what) => new($"The member stamps are corrupt: {what}.");
}
