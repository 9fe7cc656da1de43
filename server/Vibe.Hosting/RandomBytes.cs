using System.Security.Cryptography;

namespace Vibe.Hosting;

/// <summary>
/// Random bytes fit for cryptography, for those who need few and often: each thread fetches some hundred at a time, because
/// fetching costs more than most of what is done with them. Keys are made of fresh ones: <see cref="RandomNumberGenerator"/>.
/// </summary>
public static class RandomBytes
{
    private const int AtOnce = 512;

    [ThreadStatic]
    private static byte[]? _bytes;

    [ThreadStatic]
    private static int _left;

    /// <summary>Fills a span with bytes that nobody else is given.</summary>
    public static void Fill(Span<byte> destination)
    {
        if (destination.Length > AtOnce)
        {
            RandomNumberGenerator.Fill(destination);
            return;
        }
        var bytes = _bytes ??= new byte[AtOnce];
        if (_left < destination.Length)
        {
            RandomNumberGenerator.Fill(bytes);
            _left = AtOnce;
        }
        var taken = bytes.AsSpan(_left - destination.Length, destination.Length);
        taken.CopyTo(destination);
        taken.Clear();
        _left -= destination.Length;
    }

    /// <summary>Gives random bytes as lower-case hexadecimal digits, two for each.</summary>
    public static string Hex(int bytes)
    {
        Span<byte> random = stackalloc byte[bytes];
        Fill(random);
        return Convert.ToHexStringLower(random);
    }
}
