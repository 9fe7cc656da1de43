using System.Data.Common;
using Google.Protobuf;
using Vibe.Consent.V1;
using Vibe.Storage.Sessions;

namespace Vibe.Consent.Apps;

/// <summary>The apps that the server knows, and every version of their manifests that a grant may quote.</summary>
internal sealed class AppStore
{
    private const string Select = """
        SELECT app.id, app.developer, app.manifest_digest, manifest.body, app.created_at, app.updated_at
        FROM apps app JOIN manifests manifest ON manifest.digest = app.manifest_digest
        """;

    public Task<App?> GetAsync(Session session, string id, CancellationToken cancellation) =>
        session.FirstAsync($"{Select} WHERE app.id = @id", Read, [("@id", id)], cancellation);

    /// <summary>Gives a version of a manifest that a grant quotes.</summary>
    public async Task<Manifest> GetManifestAsync(Session session, string digest, CancellationToken cancellation) =>
        await session.FirstAsync(
            "SELECT body FROM manifests WHERE digest = @digest",
            row => Manifest.Parser.ParseFrom(row.Bytes(0)),
            [("@digest", digest)],
            cancellation
        ) ?? throw new InvalidOperationException("A grant quotes a manifest that was never kept.");

    public Task<List<App>> ListAsync(Session session, CancellationToken cancellation) =>
        session.ListAsync($"{Select} ORDER BY app.id", Read, [], cancellation);

    /// <summary>Adds the app unless its id is taken; tells whether it did.</summary>
    public async Task<bool> AddAsync(Write write, App app, CancellationToken cancellation)
    {
        await KeepManifestAsync(write, app, cancellation);
        var added = await write.ExecuteAsync(
            """
            INSERT INTO apps (id, developer, manifest_digest, created_at, updated_at)
            VALUES (@id, @developer, @digest, @created, @updated) ON CONFLICT (id) DO NOTHING
            """,
            [
                ("@id", app.Id),
                ("@developer", app.Developer),
                ("@digest", app.ManifestDigest),
                ("@created", app.CreatedAt),
                ("@updated", app.UpdatedAt),
            ],
            cancellation
        );
        return added == 1;
    }

    /// <summary>Replaces the manifest unless it moved on meanwhile; tells whether it did.</summary>
    public async Task<bool> ReplaceManifestAsync(Write write, App app, string before, CancellationToken cancellation)
    {
        await KeepManifestAsync(write, app, cancellation);
        var replaced = await write.ExecuteAsync(
            """
            UPDATE apps SET manifest_digest = @digest, updated_at = @updated
            WHERE id = @id AND manifest_digest = @before
            """,
            [("@digest", app.ManifestDigest), ("@updated", app.UpdatedAt), ("@id", app.Id), ("@before", before)],
            cancellation
        );
        return replaced == 1;
    }

    private static async Task KeepManifestAsync(Write write, App app, CancellationToken cancellation) =>
        await write.ExecuteAsync(
            "INSERT INTO manifests (digest, body) VALUES (@digest, @body) ON CONFLICT (digest) DO NOTHING",
            [("@digest", app.ManifestDigest), ("@body", app.Manifest.ToByteArray())],
            cancellation
        );

    private static App Read(DbDataReader row) =>
        new(
            row.GetString(0),
            row.GetString(1),
            row.GetString(2),
            Manifest.Parser.ParseFrom(row.Bytes(3)),
            row.GetInt64(4),
            row.GetInt64(5)
        );
}
