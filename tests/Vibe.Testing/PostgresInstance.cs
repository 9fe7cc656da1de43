using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Vibe.Testing;

/// <summary>
/// A PostgreSQL server that a test run started and owns: it can be killed and started again, and is gone with its data when
/// it is disposed of.
/// </summary>
public sealed class PostgresInstance : IAsyncDisposable
{
    private readonly string _programs;

    private PostgresInstance(string programs, string folder) => (_programs, Folder) = (programs, folder);

    /// <summary>The port of the loopback that it answers on.</summary>
    public int Port { get; } = Ports.Free();

    /// <summary>The folder with everything of the server, which it may write to.</summary>
    public string Folder { get; }

    /// <summary>Leads to the database <c>postgres</c> with all rights.</summary>
    public string ConnectionString =>
        $"Host=127.0.0.1;Port={Port};Username=vibe;Database=postgres;Include Error Detail=true";

    private string Data => Path.Combine(Folder, "data");

    /// <summary>Makes and starts a server; gives nothing where none is installed.</summary>
    public static async Task<PostgresInstance?> StartAsync()
    {
        if (FindPrograms() is not { } programs)
            return null;
        var folder = Directory.CreateTempSubdirectory("vibe-postgres-").FullName;
        var instance = new PostgresInstance(programs, folder);
        await instance.OwnAsync(folder);
        await instance.RunAsync(
            "initdb",
            "-D",
            instance.Data,
            "-U",
            "vibe",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync"
        );
        await instance.StartAgainAsync();
        return instance;
    }

    /// <summary>Starts the server, also after it was killed, and returns when it takes connections.</summary>
    public Task StartAgainAsync() =>
        RunAsync(
            "pg_ctl",
            "-D",
            Data,
            "-l",
            Path.Combine(Folder, "log"),
            "-w",
            "start",
            "-o",
            $"-c listen_addresses=127.0.0.1 -c port={Port} -c unix_socket_directories={Folder} -c max_connections=200"
        );

    /// <summary>Kills the server with all its processes, as a loss of power would, and returns when they are gone.</summary>
    public async Task KillAsync()
    {
        var id = File.ReadLines(Path.Combine(Data, "postmaster.pid")).First();
        var children = await File.ReadAllTextAsync($"/proc/{id}/task/{id}/children");
        var processes = children
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Prepend(id)
            .Select(each => Existing(int.Parse(each, CultureInfo.InvariantCulture)))
            .OfType<Process>()
            .ToArray();
        foreach (var process in processes)
            process.Kill();
        foreach (var process in processes)
        {
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    /// <summary>Makes a folder belong to the user that the server runs as.</summary>
    public Task OwnAsync(string folder) =>
        Environment.IsPrivilegedProcess ? EndAsync("chown", ["postgres", folder]) : Task.CompletedTask;

    /// <summary>Runs one of the programs that come with the server.</summary>
    // PostgreSQL refuses to run as root; a machine that has it has its user too.
    public Task RunAsync(string program, params string[] arguments) =>
        Environment.IsPrivilegedProcess
            ? EndAsync("runuser", ["-u", "postgres", "--", Path.Combine(_programs, program), .. arguments])
            : EndAsync(Path.Combine(_programs, program), arguments);

    /// <summary>Makes an empty database and gives its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(string options = "")
    {
        var name = $"vibe_{Guid.NewGuid():n}";
        await using var source = NpgsqlDataSource.Create(ConnectionString);
        await using var command = source.CreateCommand($"CREATE DATABASE {name} {options}");
        await command.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(ConnectionString) { Database = name }.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(Path.Combine(Data, "postmaster.pid")))
            await RunAsync("pg_ctl", "-D", Data, "-m", "immediate", "stop");
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Where the programs of the newest PostgreSQL of this machine are.</summary>
    internal static string? FindPrograms() =>
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

    internal static async Task EndAsync(string program, string[] arguments)
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

    // A process of the server may have ended by itself.
    private static Process? Existing(int id)
    {
        try
        {
            return Process.GetProcessById(id);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
