using System.Collections.Immutable;
using System.Text.Json;
using Vibe.Access.V1;
using Vibe.Consent.V1;
using Vibe.Storage;
using Vibe.Storage.Sessions;
using Vibe.Testing;

namespace Vibe.Proof.NewEnemy;

/// <summary>
/// Makes the database write down every state that a document, a grant or an app ever had, by triggers in the writing
/// transaction, and reads the orders from that. The server keeps the last state alone and knows nothing of it.
/// </summary>
internal sealed class Audit(Database database)
{
    private static readonly string[] Tables = ["documents", "grants", "apps"];

    /// <summary>Installs the triggers in a database that was just made.</summary>
    public async Task InstallAsync(Engine engine)
    {
        await using var write = await database.WriteAsync(CancellationToken.None);
        foreach (var statement in Tables.SelectMany(table => Statements(engine, table)))
            await write.ExecuteAsync(statement, [], CancellationToken.None);
        await write.ExecuteAsync("CREATE INDEX audit_documents_by_space ON audit_documents (space)", [], default);
        await write.ExecuteAsync("CREATE INDEX audit_grants_by_space ON audit_grants (space)", [], default);
        await write.ExecuteAsync("CREATE INDEX audit_apps_by_id ON audit_apps (id)", [], default);
        await write.CommitAsync();
    }

    /// <summary>Puts a history together with the orders that the database took.</summary>
    public async Task<Trial> TrialAsync(Record record, Asker owner, Asker guest, string[] apps)
    {
        await using var session = await database.ReadAsync(CancellationToken.None);
        var spaces = new Dictionary<string, Line<SpaceState>>();
        foreach (var home in new[] { owner.Home, guest.Home })
            spaces[home] = await SpaceAsync(session, home);
        var lines = new Dictionary<string, Line<Manifest?>>();
        foreach (var app in apps)
            lines[app] = await AppAsync(session, app);
        return new Trial
        {
            Owner = owner.Person,
            Spaces = spaces,
            Apps = lines,
            Manifests = await ManifestsAsync(session, apps),
            Calls = record.Calls,
            PolicyCalls = record.PolicyCalls,
        };
    }

    // A revision that is missing or there twice ends the history: nothing could be said about it.
    private static async Task<Line<SpaceState>> SpaceAsync(Session session, string space)
    {
        var documents = await session.ListAsync(
            "SELECT revision, id, body, access_list, deleted_revision FROM audit_documents WHERE space = @space",
            row => new Row(
                row.GetInt64(0),
                row.GetString(1),
                new DocumentState(
                    Members(row.Bytes(2)),
                    Acl.Parser.ParseFrom(row.BytesOrNull(3) ?? []),
                    row.LongOrNull(4) is not null
                ),
                null
            ),
            [("@space", space)],
            CancellationToken.None
        );
        var grants = await session.ListAsync(
            """
            SELECT revision, id, app, access, manifest_digest, expires_at, revoked_at FROM audit_grants
            WHERE space = @space
            """,
            row => new Row(
                row.GetInt64(0),
                row.GetString(1),
                null,
                new GrantTerms(
                    row.GetString(2),
                    Grant.Parser.ParseFrom(row.Bytes(3)),
                    row.GetString(4),
                    row.GetInt64(5),
                    row.LongOrNull(6) is not null
                )
            ),
            [("@space", space)],
            CancellationToken.None
        );
        var state = SpaceState.Empty;
        var entries = new List<Entry<SpaceState>>();
        var revision = 0L;
        foreach (var row in documents.Concat(grants).OrderBy(row => row.Revision))
        {
            if (row.Revision != ++revision)
                throw new InvalidOperationException($"Revision {revision} of {space} is missing or there twice.");
            var mark = row.MarkAfter(state);
            state = row.ApplyTo(state);
            // The writes of one batch are one change.
            if (entries.Count > 0 && entries[^1].Mark == mark)
                entries.RemoveAt(entries.Count - 1);
            entries.Add(new Entry<SpaceState>(mark, state));
        }
        return new Line<SpaceState>($"space {space[..6]}", SpaceState.Empty, entries);
    }

    // The manifests that an app had, in their order.
    private static async Task<Line<Manifest?>> AppAsync(Session session, string app)
    {
        var manifests = await session.ListAsync(
            """
            SELECT manifest.body FROM audit_apps app JOIN manifests manifest ON manifest.digest = app.manifest_digest
            WHERE app.id = @app ORDER BY app.ordinal
            """,
            row => Manifest.Parser.ParseFrom(row.Bytes(0)),
            [("@app", app)],
            CancellationToken.None
        );
        return new Line<Manifest?>(
            $"app {app}",
            null,
            [.. manifests.Select(manifest => new Entry<Manifest?>(manifest.Description, manifest))]
        );
    }

    // Every manifest that a grant may quote, by its digest.
    private static async Task<IReadOnlyDictionary<string, Manifest>> ManifestsAsync(Session session, string[] apps)
    {
        var names = apps.Select((app, index) => new Value($"@a{index}", app)).ToArray();
        var found = await session.ListAsync(
            $"""
            SELECT DISTINCT manifest.digest, manifest.body FROM audit_apps app
            JOIN manifests manifest ON manifest.digest = app.manifest_digest
            WHERE app.id IN ({string.Join(", ", names.Select(name => name.Name))})
            """,
            row => (row.GetString(0), Manifest.Parser.ParseFrom(row.Bytes(1))),
            names,
            CancellationToken.None
        );
        return found.ToDictionary(each => each.Item1, each => each.Item2);
    }

    private static IEnumerable<string> Statements(Engine engine, string table) =>
        engine == Engine.Sqlite
            ?
            [
                $"CREATE TABLE audit_{table} AS SELECT 0 AS ordinal, * FROM {table} WHERE 0",
                .. new[] { "INSERT", "UPDATE" }.Select(what =>
                    $"""
                        CREATE TRIGGER audit_{what}_{table} AFTER {what} ON {table} BEGIN
                            INSERT INTO audit_{table}
                            SELECT (SELECT coalesce(max(rowid), 0) + 1 FROM audit_{table}), * FROM {table}
                            WHERE rowid = NEW.rowid;
                        END
                        """
                ),
            ]
            :
            [
                $"CREATE SEQUENCE audit_order_{table}",
                $"CREATE TABLE audit_{table} AS SELECT 0::bigint AS ordinal, * FROM {table} WHERE false",
                $"""
                    CREATE FUNCTION audit_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN
                        INSERT INTO audit_{table} SELECT nextval('audit_order_{table}'), NEW.*;
                        RETURN NULL;
                    END $$
                    """,
                $"""
                    CREATE TRIGGER audit_{table} AFTER INSERT OR UPDATE ON {table}
                    FOR EACH ROW EXECUTE FUNCTION audit_{table}()
                    """,
            ];

    private static ImmutableSortedDictionary<string, string> Members(byte[] body)
    {
        using var json = JsonDocument.Parse(body);
        return json
            .RootElement.EnumerateObject()
            .ToImmutableSortedDictionary(
                member => member.Name,
                member => member.Value.GetString()!,
                StringComparer.Ordinal
            );
    }

    private sealed record Row(long Revision, string Id, DocumentState? Document, GrantTerms? Grant)
    {
        public SpaceState ApplyTo(SpaceState state) =>
            Document is not null
                ? state with
                {
                    Documents = state.Documents.SetItem(Id, Document),
                }
                : state with
                {
                    Grants = state.Grants.SetItem(Id, Grant!),
                };

        // Whatever changed carries the mark of the call that changed it.
        public string MarkAfter(SpaceState state)
        {
            if (Grant is not null)
                return Grant.IsRevoked ? $"revoke {Id}" : $"grant {Grant.ExpiresAt}";
            if (Document!.IsDeleted)
                return $"delete {Id}";
            var before = state.Documents.GetValueOrDefault(Id);
            var changed = Document
                .Members.Where(member => before?.Members.GetValueOrDefault(member.Key) != member.Value)
                .Select(member => member.Value)
                .FirstOrDefault();
            return changed ?? MarkOf(Document.List);
        }

        private static string MarkOf(Acl list) =>
            list
                .Allow.SelectMany(rule => rule.People)
                .FirstOrDefault(person => person.StartsWith(Marked, StringComparison.Ordinal))
                is { } person
                ? person["did:vibe:".Length..]
                : "a list without a mark";

        private const string Marked = "did:vibe:mark-";
    }
}
