using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Vibe.Hosting;
using Vibe.Identity.Keys;

namespace Vibe.Identity.Tokens;

/// <summary>
/// Seals what only the server shall read into base64url text: as long as the content makes it and no longer, bound to its
/// kind and to those who may bring it back. AES-256-GCM with random nonces under a key that is derived from the ring's for
/// this process and hour: far fewer tokens than the 2³² that NIST SP 800-38D, 8.3 allows with one key, however many
/// processes share a ring.
/// </summary>
public sealed class Sealer(KeyRing ring)
{
    private const byte Version = 2;
    private const int KeyIdBytes = 4;
    private const int SaltBytes = 4;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int Overhead = 1 + KeyIdBytes + SaltBytes + NonceBytes + TagBytes;
    private const int MaxLength = 512;

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private static readonly SearchValues<char> Letters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    );

    private Era? _era;

    /// <summary>
    /// Whether a text has the form of a token at all: base64url without padding and nothing beside it, as long as tokens
    /// of its kind are. One that was cut or grew on its way is recognised by its length.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="contentBytes">
    /// The length of what tokens of the kind hold. A version that changes it has to take tokens of the old length as well.
    /// </param>
    public static bool HasForm(string text, int contentBytes) =>
        text.Length == Base64Url.GetEncodedLength(Overhead + contentBytes) && IsBase64Url(text);

    /// <summary>The id of the key that sealed a token of any kind; nothing where it is none of ours.</summary>
    internal static string? KeyIdOf(string text) => IsBase64Url(text) ? KeyIdOf(Base64Url.DecodeFromChars(text)) : null;

    private static string? KeyIdOf(ReadOnlySpan<byte> token) =>
        token.Length > Overhead && token[0] == Version ? Convert.ToHexStringLower(token.Slice(1, KeyIdBytes)) : null;

    /// <summary>Seals a content.</summary>
    /// <param name="kind">What the token is; one kind never passes for another.</param>
    /// <param name="boundTo">Who and what it is for; opening it for anybody or anything else fails.</param>
    /// <param name="content">The content, of one length for each kind.</param>
    public string Seal(string kind, string boundTo, ReadOnlySpan<byte> content) => Seal(Bound(kind, boundTo), content);

    /// <summary>Seals a content for who and what was named by <see cref="Bound"/>, where there are many for one.</summary>
    /// <param name="bound">What the token is, and who and what it is for.</param>
    /// <param name="content">The content, of one length for each kind.</param>
    public string Seal(byte[] bound, ReadOnlySpan<byte> content)
    {
        var era = Present();
        Span<byte> token = stackalloc byte[Overhead + content.Length];
        token[0] = Version;
        era.KeyId.CopyTo(token[1..]);
        era.Salt.CopyTo(token[(1 + KeyIdBytes)..]);
        var nonce = token.Slice(1 + KeyIdBytes + SaltBytes, NonceBytes);
        RandomBytes.Fill(nonce);
        era.Cipher.Encrypt(nonce, content, token.Slice(Overhead - TagBytes, content.Length), token[^TagBytes..], bound);
        return Base64Url.EncodeToString(token);
    }

    /// <summary>Opens a token, or gives nothing when it is not one that this server made for the purpose.</summary>
    public byte[]? Open(string kind, string boundTo, string text)
    {
        if (text.Length is 0 or > MaxLength || !IsBase64Url(text))
            return null;
        var token = Base64Url.DecodeFromChars(text);
        // The last letter may hold bits of no byte: a token has one spelling.
        if (KeyIdOf(token) is not { } id || Base64Url.EncodeToString(token) != text)
            return null;
        if (ring.SealingKey(id) is not { } key)
            return null;
        var content = new byte[token.Length - Overhead];
        using var cipher = CipherOf(key, token.AsSpan(1 + KeyIdBytes, SaltBytes));
        try
        {
            cipher.Decrypt(
                token.AsSpan(1 + KeyIdBytes + SaltBytes, NonceBytes),
                token.AsSpan(Overhead - TagBytes, content.Length),
                token.AsSpan(token.Length - TagBytes),
                content,
                Bound(kind, boundTo)
            );
            return content;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    private static bool IsBase64Url(string text) =>
        !text.AsSpan().ContainsAnyExcept(Letters) && Base64Url.IsValid(text);

    private Era Present()
    {
        var (id, key) = ring.NewestSealingKey;
        var era = Volatile.Read(ref _era);
        if (era is null || era.Id != id || Stopwatch.GetElapsedTime(era.Begun) > Lifetime)
            Volatile.Write(ref _era, era = new Era(id, key));
        return era;
    }

    private static AesGcm CipherOf(byte[] key, ReadOnlySpan<byte> salt)
    {
        Span<byte> derived = stackalloc byte[32];
        HMACSHA256.HashData(key, salt, derived);
        return new AesGcm(derived, TagBytes);
    }

    /// <summary>What tokens of a kind are bound by to who and what they are for.</summary>
    public static byte[] Bound(string kind, string boundTo) => Encoding.UTF8.GetBytes($"{kind}\n{boundTo}");

    /// <summary>A key of the ring, in use for some time. A cipher is used by one thread at a time.</summary>
    private sealed class Era
    {
        private readonly ThreadLocal<AesGcm> _ciphers;

        public Era(string id, byte[] key)
        {
            Id = id;
            KeyId = Convert.FromHexString(id);
            _ciphers = new ThreadLocal<AesGcm>(() => CipherOf(key, Salt));
        }

        public string Id { get; }

        public byte[] KeyId { get; }

        public byte[] Salt { get; } = RandomNumberGenerator.GetBytes(SaltBytes);

        public long Begun { get; } = Stopwatch.GetTimestamp();

        public AesGcm Cipher => _ciphers.Value!;
    }
}
