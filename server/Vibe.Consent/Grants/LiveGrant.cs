using Vibe.Consent.V1;
using Vibe.Storage;
using Vibe.Storage.Sessions;
using Vibe.Storage.Spaces;

namespace Vibe.Consent.Grants;

/// <summary>A grant with everything that bounds it, as one statement read it.</summary>
/// <param name="App">The app that it is for.</param>
/// <param name="Access">Its entries.</param>
/// <param name="QuotedManifest">The manifest that the person was shown.</param>
/// <param name="PresentManifest">The app's manifest now.</param>
/// <param name="ExpiresAt">When it ends.</param>
/// <param name="IsRevoked">Whether the person ended it.</param>
/// <param name="Standing">Where it stands: another text whenever any of this is another.</param>
/// <param name="Size">About how many bytes it takes.</param>
internal sealed record LiveGrant(
    string App,
    IReadOnlyList<GrantedAccess> Access,
    Manifest QuotedManifest,
    Manifest PresentManifest,
    DateTimeOffset ExpiresAt,
    bool IsRevoked,
    string Standing,
    int Size
)
{
    // Objects take more than their encoding.
    private const int ObjectsPerByte = 4;

    private const string StandingText =
        "granted.mark || ' ' || (SELECT app.manifest_digest FROM apps app WHERE app.id = granted.app)";

    private static readonly Sql StandingsByKeys = Sql.ForEach(
        $"granted.space, granted.id, {StandingText}",
        ("grants", "granted"),
        ["space", "id"],
        "@keys"
    );

    private const string IsAsked = "granted.space = @home AND granted.id = @grant";

    /// <summary>
    /// Reads where a grant stands, as a column of any statement that has <c>@home</c> and <c>@grant</c>: the mark of its
    /// last change, which no other change has, and the present manifest, which its digest names. A counter would come
    /// back with a backup.
    /// </summary>
    public const string StandingColumn = $"(SELECT {StandingText} FROM grants granted WHERE {IsAsked})";

    /// <summary>Reads where grants stand, by home and id.</summary>
    public static BatchLookup<(string Home, string Grant), string> Standings { get; } = new StandingLookup();

    public static Task<LiveGrant?> ReadAsync(
        Session session,
        string space,
        string grant,
        CancellationToken cancellation
    ) =>
        session.FirstAsync(
            $"""
            SELECT granted.app, granted.access, granted.expires_at, granted.revoked_at, quoted.body, present.body,
                {StandingText}
            FROM grants granted
            JOIN apps app ON app.id = granted.app
            JOIN manifests quoted ON quoted.digest = granted.manifest_digest
            JOIN manifests present ON present.digest = app.manifest_digest
            WHERE {IsAsked}
            """,
            row =>
            {
                var (access, quoted, present) = (row.Bytes(1), row.Bytes(4), row.Bytes(5));
                return new LiveGrant(
                    row.GetString(0),
                    Grant.Parser.ParseFrom(access).Access,
                    Manifest.Parser.ParseFrom(quoted),
                    Manifest.Parser.ParseFrom(present),
                    Clock.FromMicroseconds(row.GetInt64(2)),
                    !row.IsDBNull(3),
                    row.GetString(6),
                    (access.Length + quoted.Length + present.Length) * ObjectsPerByte
                );
            },
            [("@home", space), ("@grant", grant)],
            cancellation
        );

    /// <summary>Asks where several grants stand.</summary>
    public static Ask AskStandings(
        IEnumerable<(string Home, string Grant)> grants,
        Action<(string Home, string Grant), string> found
    ) =>
        new(
            StandingsByKeys,
            [("@keys", grants.Select(key => new[] { key.Home, key.Grant }).ToArray())],
            row => found((row.GetString(0), row.GetString(1)), row.GetString(2))
        );

    private sealed class StandingLookup : BatchLookup<(string Home, string Grant), string>
    {
        protected override IEnumerable<Ask> AsksFor(
            IReadOnlyList<(string Home, string Grant)> keys,
            Action<(string Home, string Grant), string> found
        ) => [AskStandings(keys, found)];
    }
}
