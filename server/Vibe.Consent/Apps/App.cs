using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Vibe.Consent.V1;
using Vibe.Storage;

namespace Vibe.Consent.Apps;

/// <summary>A program that people can allow something, and the manifest that bounds what they can allow it.</summary>
internal sealed record App(
    string Id,
    string Developer,
    string ManifestDigest,
    Manifest Manifest,
    long CreatedAt,
    long UpdatedAt
)
{
    public string Name => $"apps/{Id}";

    /// <summary>Identifies an app's state by its content.</summary>
    public string Etag => ManifestDigest[..22];

    public static string DigestOf(Manifest manifest) =>
        Convert.ToHexStringLower(SHA256.HashData(manifest.ToByteArray()));

    public V1.App ToWire() =>
        new()
        {
            Name = Name,
            Manifest = Manifest,
            ManifestDigest = ManifestDigest,
            Developer = $"accounts/{Developer}",
            Etag = Etag,
            CreateTime = Timestamp.FromDateTimeOffset(Clock.FromMicroseconds(CreatedAt)),
            UpdateTime = Timestamp.FromDateTimeOffset(Clock.FromMicroseconds(UpdatedAt)),
        };
}
