using Vibe.Proof.Mutants;
using Vibe.Testing;

namespace Vibe.Proof.StoredTruth;

/// <summary>Data that outlives its servers, and can be put back to an earlier state while none runs.</summary>
internal sealed class StoredData : IAsyncDisposable
{
    private readonly Engine _engine;
    private readonly PostgresCluster? _cluster;
    private readonly string _folder = Directory.CreateTempSubdirectory("vibe-test-").FullName;
    private readonly string _backup = Directory.CreateTempSubdirectory("vibe-test-").FullName;
    private string? _postgresBackup;

    private StoredData(Engine engine, PostgresCluster? cluster) => (_engine, _cluster) = (engine, cluster);

    public string Folder => _folder;

    public string? Postgres { get; private set; }

    /// <summary>How a server on the data is started.</summary>
    public ServerSetup Setup =>
        new()
        {
            Engine = _engine,
            Folder = _folder,
            Postgres = Postgres,
            ExpectsErrors = MutantSwitch.Active is not null,
        };

    public static async Task<StoredData> NewAsync(Engine engine)
    {
        var cluster = engine == Engine.Postgres ? await PostgresCluster.FindAsync() : null;
        if (engine == Engine.Postgres && cluster is null)
            throw Missing.Exception("PostgreSQL is not installed and VIBE_TEST_POSTGRES names no server.");
        return new StoredData(engine, cluster)
        {
            Postgres = cluster is null ? null : await cluster.CreateDatabaseAsync(),
        };
    }

    /// <summary>Starts a server on the data.</summary>
    public Task<VibeServer> StartAsync() => VibeServer.StartAsync(Setup);

    /// <summary>Keeps the present state.</summary>
    public async Task BackUpAsync()
    {
        if (_postgresBackup is not null)
            await _cluster!.DropDatabaseAsync(_postgresBackup);
        if (Postgres is not null)
            _postgresBackup = await _cluster!.CopyDatabaseAsync(Postgres);
        Copy(_folder, _backup);
    }

    /// <summary>Puts the state back that was kept, once.</summary>
    public async Task PutBackAsync()
    {
        if (Postgres is not null)
        {
            await _cluster!.DropDatabaseAsync(Postgres);
            (Postgres, _postgresBackup) = (_postgresBackup, null);
        }
        Copy(_backup, _folder);
    }

    public async ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        Directory.Delete(_backup, recursive: true);
        foreach (var database in new[] { Postgres, _postgresBackup })
            if (database is not null)
                await _cluster!.DropDatabaseAsync(database);
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(to))
            File.Delete(file);
        foreach (var file in Directory.GetFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }
}
