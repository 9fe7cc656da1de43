using Npgsql;

namespace Vibe.Testing;

/// <summary>
/// A PostgreSQL server for this test process: the one that <c>VIBE_TEST_POSTGRES</c> names by a connection string, else a
/// throw-away cluster, started with the first database and stopped with the process.
/// </summary>
public sealed class PostgresCluster
{
    private static readonly Lazy<Task<PostgresCluster?>> Running = new(StartAsync);

    private readonly string _connectionString;

    private PostgresCluster(string connectionString) => _connectionString = connectionString;

    /// <summary>The cluster, or nothing where no server is given and none is installed.</summary>
    public static Task<PostgresCluster?> FindAsync() => Running.Value;

    /// <summary>Makes an empty database and gives its connection string.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"vibe_{Guid.NewGuid():n}";
        await using var source = NpgsqlDataSource.Create(_connectionString);
        await using var command = source.CreateCommand($"CREATE DATABASE {name}");
        await command.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(_connectionString) { Database = name }.ToString();
    }

    /// <summary>Makes a copy of a database that nobody uses, and gives its connection string.</summary>
    public async Task<string> CopyDatabaseAsync(string database)
    {
        var of = new NpgsqlConnectionStringBuilder(database);
        var name = $"vibe_{Guid.NewGuid():n}";
        await using var source = NpgsqlDataSource.Create(_connectionString);
        await using var command = source.CreateCommand($"CREATE DATABASE {name} TEMPLATE {of.Database}");
        await command.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(database) { Database = name }.ToString();
    }

    /// <summary>Removes a database, and ends whoever still uses it.</summary>
    public async Task DropDatabaseAsync(string database)
    {
        var name = new NpgsqlConnectionStringBuilder(database).Database;
        await using var source = NpgsqlDataSource.Create(_connectionString);
        await using var command = source.CreateCommand($"DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Runs a client program of PostgreSQL; skips the test, visibly, where none is installed.</summary>
    public static Task RunAsync(string program, params string[] arguments) =>
        PostgresInstance.FindPrograms() is { } programs
            ? PostgresInstance.EndAsync(Path.Combine(programs, program), arguments)
            : throw Missing.Exception("The programs of PostgreSQL are not installed.");

    private static async Task<PostgresCluster?> StartAsync()
    {
        if (Environment.GetEnvironmentVariable("VIBE_TEST_POSTGRES") is { Length: > 0 } given)
            return new PostgresCluster(given);
        if (await PostgresInstance.StartAsync() is not { } instance)
            return null;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => instance.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return new PostgresCluster(instance.ConnectionString);
    }
}
