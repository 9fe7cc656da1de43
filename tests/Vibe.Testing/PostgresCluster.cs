using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
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

    private static async Task<PostgresCluster?> StartAsync()
    {
        if (Environment.GetEnvironmentVariable("VIBE_TEST_POSTGRES") is { Length: > 0 } given)
            return new PostgresCluster(given);
        if (FindPrograms() is not { } programs)
            return null;
        var folder = Directory.CreateTempSubdirectory("vibe-postgres-").FullName;
        if (Environment.IsPrivilegedProcess)
            await RunAsync("chown", "postgres", folder);
        var data = Path.Combine(folder, "data");
        await ServeAsync(
            Path.Combine(programs, "initdb"),
            "-D",
            data,
            "-U",
            "vibe",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync"
        );
        var port = FreePort();
        await ServeAsync(
            Path.Combine(programs, "pg_ctl"),
            "-D",
            data,
            "-l",
            Path.Combine(folder, "log"),
            "-w",
            "start",
            "-o",
            $"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c max_connections=200"
        );
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            ServeAsync(Path.Combine(programs, "pg_ctl"), "-D", data, "-m", "immediate", "stop")
                .GetAwaiter()
                .GetResult();
            Directory.Delete(folder, recursive: true);
        };
        return new PostgresCluster(
            $"Host=127.0.0.1;Port={port};Username=vibe;Database=postgres;Include Error Detail=true"
        );
    }

    private static string? FindPrograms() =>
        Directory.Exists("/usr/lib/postgresql")
            ? Directory
                .GetDirectories("/usr/lib/postgresql")
                .Select(version => Path.Combine(version, "bin"))
                .Where(bin => File.Exists(Path.Combine(bin, "initdb")))
                .OrderDescending()
                .FirstOrDefault()
            : (Environment.GetEnvironmentVariable("PATH") ?? "")
                .Split(Path.PathSeparator)
                .FirstOrDefault(bin => File.Exists(Path.Combine(bin, "initdb")));

    // PostgreSQL refuses to run as root; a machine that has it has its user too.
    private static Task ServeAsync(string program, params string[] arguments) =>
        Environment.IsPrivilegedProcess
            ? RunAsync("runuser", ["-u", "postgres", "--", program, .. arguments])
            : RunAsync(program, arguments);

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = false,
                WorkingDirectory = "/",
            }
        )!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
