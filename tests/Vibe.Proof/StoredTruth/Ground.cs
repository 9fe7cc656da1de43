using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Vibe.Storage;
using Vibe.Storage.Sessions;
using Vibe.Storage.Spaces;
using Vibe.Testing;

namespace Vibe.Proof.StoredTruth;

/// <summary>Where a history runs: a server, and what may happen to it.</summary>
internal abstract class Ground : IAsyncDisposable
{
    /// <summary>The server in this process, whenever there is one.</summary>
    public abstract VibeServer Server { get; }

    /// <summary>The way to the server that runs at the moment.</summary>
    public abstract GrpcChannel Channel { get; }

    /// <summary>Whether calls may fail by themselves; then every write has a key, by which it can be repeated.</summary>
    public virtual bool MayFail => false;

    /// <summary>The database behind the server, for questions about the order.</summary>
    protected virtual Database Database => DatabaseOf(Server);

    /// <summary>Makes sure that there is a server again after a call failed.</summary>
    /// <param name="met">The way that the call took.</param>
    public virtual Task ReviveAsync(GrpcChannel met) => Task.CompletedTask;

    /// <summary>Whether there is a server in this process, so that tokens can be minted.</summary>
    public virtual bool CanMint => true;

    /// <summary>Lets something happen to the server, now and then; tells what.</summary>
    public virtual Task<string?> TroubleAsync(History history, Random random) => Task.FromResult<string?>(null);

    /// <summary>Lets nothing happen any more, and has a server in this process.</summary>
    public virtual Task CalmAsync() => Task.CompletedTask;

    /// <summary>Carries out a call that may be repeated, until a server answers.</summary>
    public async Task<T> CarryOutAsync<T>(Func<Task<T>> call)
    {
        while (true)
        {
            var way = Channel;
            try
            {
                return await call();
            }
            catch (RpcException lost) when (MayFail && IsUnknown(lost))
            {
                await ReviveAsync(way);
            }
        }
    }

    /// <summary>Whether a failure leaves open what became of the call.</summary>
    public static bool IsUnknown(RpcException failure) =>
        failure.StatusCode
            is StatusCode.Unavailable
                or StatusCode.Cancelled
                or StatusCode.Internal
                or StatusCode.Unknown;

    /// <summary>Keeps account of the order in which documents are written, for writes at the same time.</summary>
    public static async Task AuditAsync(VibeServer server)
    {
        string[] statements = server.Postgres is null
            ?
            [
                "CREATE TABLE IF NOT EXISTS proof_order (space TEXT, document TEXT, revision BIGINT)",
                "CREATE INDEX IF NOT EXISTS proof_order_of ON proof_order (space, revision)",
                Trigger("INSERT"),
                Trigger("UPDATE"),
            ]
            :
            [
                "CREATE TABLE IF NOT EXISTS proof_order (space TEXT, document TEXT, revision BIGINT)",
                "CREATE INDEX IF NOT EXISTS proof_order_of ON proof_order (space, revision)",
                """
                    CREATE OR REPLACE FUNCTION proof_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                        INSERT INTO proof_order VALUES (NEW.space, NEW.collection || '/documents/' || NEW.id, NEW.revision);
                        RETURN NEW; END $$
                    """,
                "CREATE OR REPLACE TRIGGER proof_noted AFTER INSERT OR UPDATE ON documents FOR EACH ROW EXECUTE FUNCTION proof_note()",
            ];
        await using var write = await DatabaseOf(server).WriteAsync(CancellationToken.None);
        foreach (var statement in statements)
            await write.ExecuteAsync(statement, [], CancellationToken.None);
        await write.CommitAsync();

        static string Trigger(string what) =>
            $"""
                CREATE TRIGGER IF NOT EXISTS proof_noted_{what} AFTER {what} ON documents BEGIN
                    INSERT INTO proof_order VALUES (NEW.space, NEW.collection || '/documents/' || NEW.id, NEW.revision); END
                """;
    }

    /// <summary>The documents of a space that were written behind a revision, in their order.</summary>
    public async Task<List<(string Document, long Revision)>> OrderAsync(string space, long behind)
    {
        await using var snapshot = await Database.ReadAsync(CancellationToken.None);
        return await snapshot.ListAsync(
            "SELECT document, revision FROM proof_order WHERE space = @space AND revision > @behind ORDER BY revision",
            row => (row.GetString(0), row.GetInt64(1)),
            [("@space", space), ("@behind", behind)],
            CancellationToken.None
        );
    }

    /// <summary>The newest revision of a space.</summary>
    public async Task<long> HeadAsync(string space)
    {
        await using var snapshot = await Database.ReadAsync(CancellationToken.None);
        return (await SpaceState.ReadAsync(snapshot, new SpaceName(space), CancellationToken.None))!.Head;
    }

    public abstract ValueTask DisposeAsync();

    protected static Database DatabaseOf(VibeServer server) => server.Services.GetRequiredService<Database>();
}
