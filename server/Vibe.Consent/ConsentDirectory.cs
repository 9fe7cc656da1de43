using Vibe.Consent.Apps;
using Vibe.Storage;
using Vibe.Storage.Sessions;
using Vibe.Storage.Spaces;

namespace Vibe.Consent;

/// <summary>What whoever has the database may look up beside the rpcs: every app, and the grant that a token shall name.</summary>
public sealed class ConsentDirectory(Database database)
{
    /// <summary>Lists all apps, in the order of their ids.</summary>
    public async Task<IReadOnlyList<V1.App>> ListAppsAsync(Session session, CancellationToken cancellation) =>
        [.. (await new AppStore().ListAsync(session, cancellation)).Select(app => app.ToWire())];

    /// <summary>Finds the id of the one active grant that an app has in a space.</summary>
    public Task<string?> FindActiveGrantAsync(
        Session session,
        SpaceName space,
        string app,
        CancellationToken cancellation
    ) =>
        session.FirstAsync(
            "SELECT id FROM grants WHERE space = @space AND app = @app AND revoked_at IS NULL AND expires_at > @now",
            row => row.GetString(0),
            [("@space", space.Id), ("@app", app), ("@now", database.Clock.Microseconds)],
            cancellation
        );
}
