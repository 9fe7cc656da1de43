using Grpc.Net.Client;
using Npgsql;
using Vibe.Testing;

namespace Vibe.Proof.StoredTruth;

/// <summary>
/// A server whose PostgreSQL is cut off at a COMMIT now and then, before it arrives or before its answer does. Histories
/// share it.
/// </summary>
internal sealed class CutGround : Ground
{
    private readonly PostgresCluster _cluster;
    private readonly string _database;
    private readonly CommitCutter _cutter;
    private readonly VibeServer _server;

    private CutGround(PostgresCluster cluster, string database, CommitCutter cutter, VibeServer server) =>
        (_cluster, _database, _cutter, _server) = (cluster, database, cutter, server);

    public override VibeServer Server => _server;
    public override GrpcChannel Channel => _server.Channel;
    public override bool MayFail => true;

    // Making a grant cannot be repeated without a second one.
    public override bool CanMint => false;

    // Its timers run: where the answer to a COMMIT was lost nobody signals, and the sweep is what finds the write.
    public static async Task<CutGround> StartAsync()
    {
        var cluster = (await PostgresCluster.FindAsync())!;
        var database = await cluster.CreateDatabaseAsync();
        var direct = new NpgsqlConnectionStringBuilder(database);
        var cutter = new CommitCutter(direct.Host!, direct.Port);
        var cut = new NpgsqlConnectionStringBuilder(database)
        {
            Host = "127.0.0.1",
            Port = cutter.Port,
            SslMode = SslMode.Disable,
            GssEncryptionMode = GssEncryptionMode.Disable,
        };
        var server = await VibeServer.StartAsync(
            new ServerSetup
            {
                Engine = Engine.Postgres,
                Postgres = cut.ToString(),
                ExpectsErrors = true,
            }
        );
        await AuditAsync(server);
        return new CutGround(cluster, database, cutter, server);
    }

    public override Task<string?> TroubleAsync(History history, Random random)
    {
        var (cuts, arrives) = (random.Next(3) == 0, random.Next(2) == 0);
        if (!cuts)
            return Task.FromResult<string?>(null);
        history.Tell($"the next COMMIT is cut {(arrives ? "after" : "before")} it arrives");
        _cutter.CutNext(arrives);
        return Task.FromResult<string?>($"commits cut {(arrives ? "after" : "before")} they arrived");
    }

    public override Task CalmAsync()
    {
        _cutter.CutNone();
        return Task.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _cutter.DisposeAsync();
        await _cluster.DropDatabaseAsync(_database);
    }
}
