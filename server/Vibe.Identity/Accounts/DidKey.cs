using System.Numerics;
using System.Security.Cryptography;
using SimpleBase;

namespace Vibe.Identity.Accounts;

/// <summary>A public key as <c>did:key</c> writes it: multicodec, compressed point, base58btc.</summary>
internal sealed class DidKey(KeyCurve curve, ECPoint point)
{
    private const string Scheme = "did:key:z";
    private const int CoordinateLength = 32;
    private const int MaxLength = 80;

    /// <summary>Writes the public half of a P-256 key.</summary>
    public static string Of(ECDsa key)
    {
        var parameters = key.ExportParameters(includePrivateParameters: false);
        if (!KeyCurve.P256.Is(parameters.Curve))
            throw new ArgumentException("The key is not on the curve P-256.", nameof(key));
        return new DidKey(KeyCurve.P256, parameters.Q).ToString();
    }

    /// <summary>Reads a key on P-256 or secp256k1, in its only spelling.</summary>
    public static DidKey Parse(string text)
    {
        if (!text.StartsWith(Scheme, StringComparison.Ordinal) || text.Length > MaxLength)
            throw new InvalidDidLogException("a key is not a did:key");
        // The decoder reads past its table on a character beyond ASCII.
        if (!text[Scheme.Length..].All(char.IsAsciiLetterOrDigit))
            throw new InvalidDidLogException("a key is not base58btc");
        byte[] bytes;
        try
        {
            bytes = Base58.Bitcoin.Decode(text.AsSpan(Scheme.Length));
        }
        catch (ArgumentException e)
        {
            throw new InvalidDidLogException("a key is not base58btc", e);
        }
        var kind =
            KeyCurve.All.FirstOrDefault(known => bytes.AsSpan().StartsWith(known.Multicodec))
            ?? throw new InvalidDidLogException("a key is of a kind that is not supported");
        var key = new DidKey(kind, Decompress(kind, bytes.AsSpan(kind.Multicodec.Length)));
        return key.ToString() == text ? key : throw new InvalidDidLogException("a key is not in its only spelling");
    }

    /// <summary>Tells whether the signature over the data is this key's.</summary>
    public bool Verifies(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        using var key = ECDsa.Create(new ECParameters { Curve = curve.Parameters, Q = point });
        return curve.IsLowS(signature) && key.VerifyData(data, signature, HashAlgorithmName.SHA256);
    }

    public override string ToString()
    {
        var sign = (byte)(2 + (point.Y![^1] & 1));
        return Scheme + Base58.Bitcoin.Encode([.. curve.Multicodec, sign, .. point.X!]);
    }

    // The BCL imports no compressed points. Both primes are 3 modulo 4, so that a square root is one power.
    private static ECPoint Decompress(KeyCurve curve, ReadOnlySpan<byte> compressed)
    {
        if (compressed.Length != 1 + CoordinateLength || compressed[0] is not (2 or 3))
            throw new InvalidDidLogException("a key is not a compressed point");
        var x = new BigInteger(compressed[1..], isUnsigned: true, isBigEndian: true);
        var square = (BigInteger.Pow(x, 3) + curve.A * x + curve.B) % curve.Prime;
        var y = BigInteger.ModPow(square, (curve.Prime + 1) / 4, curve.Prime);
        if (x >= curve.Prime || y * y % curve.Prime != square)
            throw new InvalidDidLogException("a key is not on its curve");
        if (y.IsEven != (compressed[0] == 2))
            y = curve.Prime - y;
        var bytes = new byte[CoordinateLength];
        var written = y.ToByteArray(isUnsigned: true, isBigEndian: true);
        written.CopyTo(bytes, CoordinateLength - written.Length);
        return new ECPoint { X = compressed[1..].ToArray(), Y = bytes };
    }
}
