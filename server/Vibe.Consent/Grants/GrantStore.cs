using System.Data.Common;
using System.Security.Cryptography;
using Vibe.Consent.V1;
using Vibe.Storage.Sessions;
using Vibe.Storage.Spaces;

namespace Vibe.Consent.Grants;

/// <summary>The grants in people's spaces. Each change takes its place in the order of the space's documents.</summary>
internal sealed class GrantStore
{
    private const string Select = """
        SELECT space, id, app, manifest_digest, access, expires_at, created_at, updated_at, revoked_at FROM grants
        """;

    public Task<PersonGrant?> GetAsync(Session session, GrantName name, CancellationToken cancellation) =>
        session.FirstAsync(
            $"{Select} WHERE space = @space AND id = @id",
            Read,
            [("@space", name.Space.Id), ("@id", name.Id)],
            cancellation
        );

    public Task<PersonGrant?> FindActiveAsync(Turn turn, string app, CancellationToken cancellation) =>
        turn.Write.FirstAsync(
            $"{Select} WHERE space = @space AND app = @app AND revoked_at IS NULL AND expires_at > @now",
            Read,
            [("@space", turn.Space.Id), ("@app", app), ("@now", turn.At)],
            cancellation
        );

    /// <summary>Lists grants, the newest first: ids are made in the order of time.</summary>
    public Task<List<PersonGrant>> ListAsync(
        Session session,
        SpaceName space,
        string? app,
        string? after,
        int limit,
        CancellationToken cancellation
    ) =>
        session.ListAsync(
            $"""
            {Select} WHERE space = @space AND (@app = '' OR app = @app) AND (@after = '' OR id < @after)
            ORDER BY id DESC LIMIT @limit
            """,
            Read,
            [("@space", space.Id), ("@app", app ?? ""), ("@after", after ?? ""), ("@limit", limit)],
            cancellation
        );

    public async Task PutAsync(Turn turn, PersonGrant grant, CancellationToken cancellation) =>
        await turn.Write.ExecuteAsync(
            """
            INSERT INTO grants
                (space, id, app, manifest_digest, access, revision, expires_at, created_at, updated_at, revoked_at, mark)
            VALUES (@space, @id, @app, @digest, @access, @revision, @expires, @created, @updated, @revoked, @mark)
            ON CONFLICT (space, id) DO UPDATE SET manifest_digest = @digest, access = @access, revision = @revision,
                expires_at = @expires, updated_at = @updated, revoked_at = @revoked, mark = @mark
            """,
            [
                ("@space", grant.Space.Id),
                ("@id", grant.Id),
                ("@app", grant.App),
                ("@digest", grant.ManifestDigest),
                ("@access", grant.AccessBytes),
                ("@revision", turn.NextPolicyRevision()),
                ("@expires", grant.ExpiresAt),
                ("@created", grant.CreatedAt),
                ("@updated", grant.UpdatedAt),
                ("@revoked", grant.RevokedAt),
                ("@mark", NewMark()),
            ],
            cancellation
        );

    private static string NewMark() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));

    private static PersonGrant Read(DbDataReader row) =>
        new(
            new SpaceName(row.GetString(0)),
            row.GetString(1),
            row.GetString(2),
            row.GetString(3),
            Grant.Parser.ParseFrom(row.Bytes(4)).Access,
            row.GetInt64(5),
            row.GetInt64(6),
            row.GetInt64(7),
            row.LongOrNull(8)
        );
}
