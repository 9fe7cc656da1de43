using Microsoft.Data.Sqlite;
using Npgsql;
using Vibe.Testing;

namespace Vibe.Server.Tests.Sync;

/// <summary>The ways of backing up that are documented.</summary>
public enum Backup
{
    /// <summary>A copy of the folder of a stopped server.</summary>
    StoppedFolder,

    /// <summary><c>VACUUM INTO</c>, beside a running server.</summary>
    VacuumInto,

    /// <summary>SQLite's own online backup, beside a running server.</summary>
    OnlineCopy,

    /// <summary>A copy of database and log while writes are held back, beside a running server.</summary>
    LockedFiles,

    /// <summary>A database that is a copy of another one without connections.</summary>
    TemplateDatabase,

    /// <summary><c>pg_dump</c> and <c>pg_restore</c>, beside running servers.</summary>
    Dump,
}

/// <summary>Data that outlives its servers, and can be put back to an earlier state.</summary>
internal sealed class StoredData : IAsyncDisposable
{
    private readonly Engine _engine;
    private readonly string _folder = Directory.CreateTempSubdirectory("vibe-test-").FullName;
    private readonly string _backup = Directory.CreateTempSubdirectory("vibe-test-").FullName;
    private string? _postgres;
    private string? _postgresBackup;

    private StoredData(Engine engine) => _engine = engine;

    private string Dump => Path.Combine(_backup, "vibe.dump");

    private string Live => Path.Combine(_folder, "vibe.db");

    private string Copied => Path.Combine(_backup, "vibe.db");

    public static async Task<StoredData> NewAsync(Engine engine)
    {
        var postgres =
            engine == Engine.Postgres
                ? await (
                    await PostgresCluster.FindAsync()
                    ?? throw Missing.Exception("PostgreSQL is not installed and VIBE_TEST_POSTGRES names no server.")
                ).CreateDatabaseAsync()
                : null;
        return new StoredData(engine) { _postgres = postgres };
    }

    public Task<VibeServer> StartAsync(bool expectsErrors = false) =>
        VibeServer.StartAsync(
            new ServerSetup
            {
                Engine = _engine,
                Folder = _folder,
                Postgres = _postgres,
                ExpectsErrors = expectsErrors,
            }
        );

    /// <summary>Keeps a copy of what is there.</summary>
    public async Task BackUpAsync(Backup how)
    {
        switch (how)
        {
            case Backup.StoppedFolder:
                CopyFiles(_folder, _backup, "*");
                break;
            case Backup.VacuumInto:
                await using (var live = Open(Live))
                    Execute(live, $"VACUUM INTO '{Copied}'");
                break;
            case Backup.OnlineCopy:
                await using (var live = Open(Live))
                await using (var copy = Open(Copied))
                    live.BackupDatabase(copy);
                break;
            case Backup.LockedFiles:
                await using (var live = Open(Live))
                {
                    // Nobody writes meanwhile, and the log is moved into the database by those who write.
                    Execute(live, "BEGIN IMMEDIATE");
                    CopyFiles(_folder, _backup, "vibe.db");
                    CopyFiles(_folder, _backup, "vibe.db-wal");
                    Execute(live, "ROLLBACK");
                }
                break;
            case Backup.TemplateDatabase:
                _postgresBackup = await (await PostgresCluster.FindAsync())!.CopyDatabaseAsync(_postgres!);
                break;
            case Backup.Dump:
                await PostgresCluster.RunAsync("pg_dump", "-Fc", "-f", Dump, Address(_postgres!));
                break;
        }
    }

    /// <summary>Puts the copy in the place of what is there; no server runs.</summary>
    public async Task PutBackAsync()
    {
        if (File.Exists(Dump))
            _postgresBackup = await RestoredAsync();
        _postgres = _postgresBackup ?? _postgres;
        foreach (var file in Directory.GetFiles(_folder, "vibe.db*"))
            File.Delete(file);
        CopyFiles(_backup, _folder, "*");
    }

    /// <summary>Puts the copy in the place of what is there, beneath a server that runs.</summary>
    public async Task PutBackBeneathAsync()
    {
        if (_postgres is null)
        {
            await using var copy = Open(Copied);
            await using var live = Open(Live);
            copy.BackupDatabase(live);
            return;
        }
        var (name, restored) = (Name(_postgres), Name(await RestoredAsync()));
        await using var source = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(_postgres) { Database = "postgres" }
        );
        foreach (
            var statement in new[]
            {
                $"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
                $"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{name}'",
                $"DROP DATABASE {name} WITH (FORCE)",
                $"ALTER DATABASE {restored} RENAME TO {name}",
            }
        )
        {
            await using var command = source.CreateCommand(statement);
            await command.ExecuteNonQueryAsync();
        }
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        Directory.Delete(_backup, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task<string> RestoredAsync()
    {
        var database = await (await PostgresCluster.FindAsync())!.CreateDatabaseAsync();
        await PostgresCluster.RunAsync("pg_restore", "--exit-on-error", "-d", Address(database), Dump);
        return database;
    }

    private static void CopyFiles(string from, string to, string pattern)
    {
        foreach (var file in Directory.GetFiles(from, pattern))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
    }

    private static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString()
        );
        connection.Open();
        return connection;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static string Name(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString).Database!;

    private static string Address(string connectionString)
    {
        var parts = new NpgsqlConnectionStringBuilder(connectionString);
        return $"host={parts.Host} port={parts.Port} user={parts.Username} dbname={parts.Database}";
    }
}
