using System.Text;

namespace Vibe.Testing.Http2;

/// <summary>Writes headers as literals that nobody has to remember (RFC 7541, 6.2.2).</summary>
public static class HeaderBlock
{
    /// <summary>Writes headers, those that begin with a colon first.</summary>
    public static byte[] Of(params IEnumerable<(string Name, string Value)> headers)
    {
        var block = new List<byte>();
        foreach (var (name, value) in headers)
        {
            block.Add(0);
            Add(block, name);
            Add(block, value);
        }
        return [.. block];
    }

    /// <summary>Writes the head of a call of gRPC.</summary>
    /// <param name="server">The server.</param>
    /// <param name="path">The path of the method.</param>
    /// <param name="token">Who calls; null for nobody.</param>
    /// <param name="more">Further headers.</param>
    public static byte[] OfCall(Uri server, string path, string? token, params (string Name, string Value)[] more)
    {
        List<(string, string)> headers =
        [
            (":method", "POST"),
            (":scheme", server.Scheme),
            (":path", path),
            (":authority", server.Authority),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
        ];
        if (token is not null)
            headers.Add(("authorization", $"Bearer {token}"));
        return Of(headers.Concat(more));
    }

    private static void Add(List<byte> block, string text)
    {
        const int most = 127;
        var rest = text.Length;
        if (rest < most)
            block.Add((byte)rest);
        else
        {
            block.Add(most);
            for (rest -= most; rest >= 128; rest >>= 7)
                block.Add((byte)(rest | 128));
            block.Add((byte)rest);
        }
        block.AddRange(Encoding.ASCII.GetBytes(text));
    }
}
