using System.Buffers.Text;
using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Vibe.Consent.V1;
using Vibe.Storage;
using Vibe.Storage.Spaces;

namespace Vibe.Consent.Grants;

/// <summary>What a person allows an app, as it is stored.</summary>
internal sealed record PersonGrant(
    SpaceName Space,
    string Id,
    string App,
    string ManifestDigest,
    IReadOnlyList<GrantedAccess> Access,
    long ExpiresAt,
    long CreatedAt,
    long UpdatedAt,
    long? RevokedAt
)
{
    public GrantName Name => new(Space, Id);

    public bool IsActive(long now) => RevokedAt is null && ExpiresAt > now;

    /// <summary>Identifies the grant's state by its content; no counter is in it.</summary>
    public string Etag
    {
        get
        {
            var state = new Grant
            {
                ManifestDigest = ManifestDigest,
                ExpireTime = ToTimestamp(ExpiresAt),
                RevokeTime = RevokedAt is { } at ? ToTimestamp(at) : null,
            };
            state.Access.Add(Access);
            return Base64Url.EncodeToString(SHA256.HashData(state.ToByteArray()).AsSpan(0, 16));
        }
    }

    public byte[] AccessBytes
    {
        get
        {
            var holder = new Grant();
            holder.Access.Add(Access);
            return holder.ToByteArray();
        }
    }

    public Grant ToWire(long now)
    {
        var grant = new Grant
        {
            Name = Name.ToString(),
            App = $"apps/{App}",
            ManifestDigest = ManifestDigest,
            State =
                RevokedAt is not null ? GrantState.Revoked
                : IsActive(now) ? GrantState.Active
                : GrantState.Expired,
            Etag = Etag,
            ExpireTime = ToTimestamp(ExpiresAt),
            CreateTime = ToTimestamp(CreatedAt),
            UpdateTime = ToTimestamp(UpdatedAt),
            RevokeTime = RevokedAt is { } at ? ToTimestamp(at) : null,
        };
        grant.Access.Add(Access);
        return grant;
    }

    private static Timestamp ToTimestamp(long microseconds) =>
        Timestamp.FromDateTimeOffset(Clock.FromMicroseconds(microseconds));
}
