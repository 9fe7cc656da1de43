using Vibe.Consent.V1;
using Vibe.Storage;
using Vibe.Storage.Sessions;

namespace Vibe.Consent.Grants;

/// <summary>A grant with everything that bounds it, as one statement read it.</summary>
internal sealed record LiveGrant(
    string App,
    IReadOnlyList<GrantedAccess> Access,
    Manifest QuotedManifest,
    Manifest PresentManifest,
    DateTimeOffset ExpiresAt,
    bool IsRevoked
)
{
    public static Task<LiveGrant?> ReadAsync(
        Session session,
        string space,
        string grant,
        CancellationToken cancellation
    ) =>
        session.FirstAsync(
            """
            SELECT granted.app, granted.access, granted.expires_at, granted.revoked_at, quoted.body, present.body
            FROM grants granted
            JOIN apps app ON app.id = granted.app
            JOIN manifests quoted ON quoted.digest = granted.manifest_digest
            JOIN manifests present ON present.digest = app.manifest_digest
            WHERE granted.space = @space AND granted.id = @grant
            """,
            row => new LiveGrant(
                row.GetString(0),
                Grant.Parser.ParseFrom(row.Bytes(1)).Access,
                Manifest.Parser.ParseFrom(row.Bytes(4)),
                Manifest.Parser.ParseFrom(row.Bytes(5)),
                Clock.FromMicroseconds(row.GetInt64(2)),
                !row.IsDBNull(3)
            ),
            [("@space", space), ("@grant", grant)],
            cancellation
        );
}
