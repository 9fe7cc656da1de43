using Npgsql;
using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Testing;

namespace Vibe.Load.Servers;

/// <summary>What a server keeps its data in, on a real disk: a folder, and where it uses one a database in a cluster.</summary>
internal sealed class Storage : IAsyncDisposable
{
    // As the kernel cuts it.
    private const string Compiler = ".NET Tiered Com";

    private readonly int? _postmaster;

    private Storage(string folder, string? database, int? postmaster) =>
        (Folder, Database, _postmaster) = (folder, database, postmaster);

    public string Folder { get; }

    /// <summary>The connection string of an empty database.</summary>
    public string? Database { get; }

    public static async Task<Storage> MakeAsync(Engine engine)
    {
        var folder = Directory.CreateTempSubdirectory("vibe-load-").FullName;
        if (engine == Engine.Sqlite)
            return new Storage(folder, null, null);
        var cluster =
            await PostgresCluster.FindAsync()
            ?? throw new LoadException("PostgreSQL is not installed and VIBE_TEST_POSTGRES names no server.");
        var database = await cluster.CreateDatabaseAsync();
        return new Storage(folder, database, await PostmasterAsync(database));
    }

    /// <summary>What a process on this storage has used.</summary>
    public Usage Usage(int process) =>
        new(
            ProcessTree.Cpu(process),
            _postmaster is { } of ? ProcessTree.CpuWithChildren(of) : null,
            ProcessTree.Memory(process),
            _postmaster is { } holds ? ProcessTree.MemoryWithChildren(holds) : null
        )
        {
            Compiler = ProcessTree.CpuOfThreads(process, Compiler),
        };

    public async ValueTask DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        if (Database is not null)
            await (await PostgresCluster.FindAsync())!.DropDatabaseAsync(Database);
    }

    // A server that is elsewhere, or belongs to others, has no process here that could be looked at.
    private static async Task<int?> PostmasterAsync(string database)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var ask = source.CreateCommand("SELECT pg_backend_pid()");
        var backend = (int)(await ask.ExecuteScalarAsync())!;
        return File.Exists($"/proc/{backend}/stat") ? ProcessTree.Parent(backend) : null;
    }
}
