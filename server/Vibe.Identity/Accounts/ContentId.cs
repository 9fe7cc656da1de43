using System.Security.Cryptography;
using SimpleBase;

namespace Vibe.Identity.Accounts;

/// <summary>The name of a piece of DAG-CBOR by its content: CIDv1, dag-cbor, SHA-256, in lower-case base32.</summary>
internal static class ContentId
{
    private static readonly byte[] Prefix = [0x01, 0x71, 0x12, 0x20];

    public static string Of(ReadOnlySpan<byte> dagCbor) => "b" + Base32Of([.. Prefix, .. SHA256.HashData(dagCbor)]);

    public static string Base32Of(ReadOnlySpan<byte> bytes) =>
        Base32.Rfc4648.Encode(bytes, padding: false).ToLowerInvariant();
}
