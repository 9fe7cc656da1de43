using System.Text;

namespace Vibe.Load.Followers;

/// <summary>The head of a call of gRPC in HPACK (RFC 7541), with nothing that would have to be remembered between calls.</summary>
internal static class RequestHead
{
    // Places in the static table.
    private const int Authority = 1;
    private const byte Post = 0x80 | 3;
    private const int Path = 4;
    private const byte Http = 0x80 | 6;
    private const int Authorization = 23;
    private const int ContentType = 31;

    public static byte[] Encode(string authority, string path, string? token)
    {
        var head = new List<byte> { Post, Http };
        Add(head, Path, path);
        Add(head, Authority, authority);
        Add(head, ContentType, "application/grpc");
        head.Add(0);
        Add(head, "te");
        Add(head, "trailers");
        if (token is not null)
            Add(head, Authorization, $"Bearer {token}");
        return [.. head];
    }

    private static void Add(List<byte> head, int name, string value)
    {
        AddNumber(head, name, bits: 4);
        Add(head, value);
    }

    private static void Add(List<byte> head, string text)
    {
        AddNumber(head, text.Length, bits: 7);
        head.AddRange(Encoding.ASCII.GetBytes(text));
    }

    private static void AddNumber(List<byte> head, int value, int bits)
    {
        var most = (1 << bits) - 1;
        if (value < most)
        {
            head.Add((byte)value);
            return;
        }
        head.Add((byte)most);
        for (value -= most; value >= 0x80; value >>= 7)
            head.Add((byte)(value | 0x80));
        head.Add((byte)value);
    }
}
