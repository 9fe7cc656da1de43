using System.Security.Cryptography;

namespace Vibe.Benchmarks;

/// <summary>AES-GCM by one key that is there already: the least that hides some bytes and shows that they are ours.</summary>
internal sealed class BareSeal(int bytes) : IDisposable
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly AesGcm _cipher = new(RandomNumberGenerator.GetBytes(32), TagBytes);
    private readonly byte[] _content = RandomNumberGenerator.GetBytes(bytes);

    public byte[] Seal()
    {
        var token = new byte[NonceBytes + _content.Length + TagBytes];
        var nonce = token.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        _cipher.Encrypt(nonce, _content, token.AsSpan(NonceBytes, _content.Length), token.AsSpan(^TagBytes..));
        return token;
    }

    public void Dispose() => _cipher.Dispose();
}
