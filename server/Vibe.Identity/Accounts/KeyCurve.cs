using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;

namespace Vibe.Identity.Accounts;

/// <summary>A curve that rotation keys lie on. We sign on P-256 only; logs made elsewhere also use secp256k1.</summary>
internal sealed class KeyCurve
{
    public static readonly KeyCurve P256 = new(
        oid: "1.2.840.10045.3.1.7",
        multicodec: [0x80, 0x24],
        prime: "00ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
        order: "00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        a: "00ffffffff00000001000000000000000000000000fffffffffffffffffffffffc",
        b: "005ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b"
    );

    public static readonly KeyCurve K256 = new(
        oid: "1.3.132.0.10",
        multicodec: [0xe7, 0x01],
        prime: "00fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f",
        order: "00fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
        a: "00",
        b: "07"
    );

    public static readonly IReadOnlyList<KeyCurve> All = [P256, K256];

    private const int SignatureLength = 64;

    private readonly string oid;

    private KeyCurve(string oid, byte[] multicodec, string prime, string order, string a, string b)
    {
        this.oid = oid;
        Multicodec = multicodec;
        Prime = Number(prime);
        Order = Number(order);
        A = Number(a);
        B = Number(b);
    }

    public byte[] Multicodec { get; }

    public BigInteger Prime { get; }

    public BigInteger Order { get; }

    public BigInteger A { get; }

    public BigInteger B { get; }

    public ECCurve Parameters => ECCurve.CreateFromValue(oid);

    public bool Is(ECCurve curve) => curve.IsNamed && (curve.Oid.Value ?? FromName(curve)) == oid;

    /// <summary>
    /// Tells whether a signature is r and s, 32 bytes each, with s in the lower half: of the two that anybody can
    /// make from one, only that one counts.
    /// </summary>
    public bool IsLowS(ReadOnlySpan<byte> signature) =>
        signature.Length == SignatureLength && Unsigned(signature[32..]) <= Order / 2;

    /// <summary>Brings s into the lower half.</summary>
    public byte[] WithLowS(byte[] signature)
    {
        if (IsLowS(signature))
            return signature;
        var s = (Order - Unsigned(signature.AsSpan(32))).ToByteArray(isUnsigned: true, isBigEndian: true);
        var low = new byte[SignatureLength];
        signature.AsSpan(0, 32).CopyTo(low);
        s.CopyTo(low, SignatureLength - s.Length);
        return low;
    }

    private static string? FromName(ECCurve curve) => Oid.FromFriendlyName(curve.Oid.FriendlyName!, OidGroup.All).Value;

    private static BigInteger Unsigned(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    private static BigInteger Number(string hex) =>
        BigInteger.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
