using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text.Json;
using Vibe.Sync.V1;
using Vibe.Testing;

namespace Vibe.Cli.Tests;

/// <summary>Each fault is made for real, on data that a server left, and found with its cause and what helps.</summary>
public sealed class DoctorTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vibe-cli-tests-");

    private string Data => Path.Combine(_folder.FullName, "data");

    private string MasterKey => Path.Combine(Data, "master.key");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task A_healthy_server_is_well_and_nothing_of_it_is_changed(Engine engine)
    {
        await using var database = await DatabaseAsync(engine);
        var before = Fingerprint();

        var resting = await DoctorAsync(database);

        Assert.Equal(before, Fingerprint());
        Assert.Equal(0, resting.ExitCode);
        Assert.All(resting.Lines, line => Assert.True(JsonElement.Parse(line).GetProperty("ok").GetBoolean(), line));
        await using var server = Running.Start(
            _folder.FullName,
            Environment(database),
            "serve",
            "--port",
            "0",
            "--json"
        );
        var port = new Uri(JsonElement.Parse(await server.LineAsync()).GetProperty("grpc").GetString()!).Port;
        var running = await DoctorAsync(database, "--port", $"{port}");
        Assert.Contains("answers at", Finding(running, "gRPC port").GetProperty("says").GetString());
    }

    [Fact]
    public async Task Where_there_is_nothing_it_says_so_and_makes_nothing()
    {
        var outcome = await DoctorAsync(null);

        AssertFault(outcome, "database", "There is no database", "vibe migrate");
        AssertFault(outcome, "master key", "is missing", "Put back the file");
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_found()
    {
        await using var database = await DatabaseAsync(Engine.Sqlite);
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        var outcome = await DoctorAsync(database, "--port", $"{((IPEndPoint)other.LocalEndpoint).Port}");

        AssertFault(outcome, "gRPC port", "Nothing can listen at", "choose another port");
        Assert.Equal(1, outcome.ExitCode);
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task A_database_of_a_newer_version_is_found(Engine engine)
    {
        await using var database = await DatabaseAsync(
            engine,
            "INSERT INTO \"__EFMigrationsHistory\" (migration_id, product_version) VALUES ('99991231235959_Future', '99.0')"
        );

        AssertFault(await DoctorAsync(database), "migrations", "newer version", "Start that version");
    }

    [Fact]
    public async Task A_database_that_lacks_a_migration_is_found()
    {
        await using var database = await DatabaseAsync(Engine.Sqlite, "DELETE FROM \"__EFMigrationsHistory\"");

        AssertFault(await DoctorAsync(database), "migrations", "lacks", "vibe migrate");
    }

    [Fact, UnsupportedOSPlatform("windows")]
    public async Task A_database_that_its_user_may_not_write_is_found()
    {
        await using var database = await DatabaseAsync(Engine.Sqlite);
        const UnixFileMode readable =
            UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(_folder.FullName, readable);
        File.SetUnixFileMode(Data, readable);
        File.SetUnixFileMode(MasterKey, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        try
        {
            // The superuser may write whatever the mode says.
            await using var doctor = Running.StartAs(
                System.Environment.IsPrivilegedProcess ? "nobody" : null,
                _folder.FullName,
                Environment(database),
                "doctor",
                "--json",
                "--port",
                $"{FreePort()}"
            );
            var outcome = await doctor.EndAsync();

            AssertFault(outcome, "writing", $"{Data} cannot be written", "Give the folder to the server's user");
            Assert.True(Finding(outcome, "database").GetProperty("ok").GetBoolean());
        }
        finally
        {
            File.SetUnixFileMode(Data, readable | UnixFileMode.UserWrite);
            File.SetUnixFileMode(_folder.FullName, readable | UnixFileMode.UserWrite);
        }
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_found()
    {
        await using var database = await DatabaseAsync(Engine.Sqlite);
        await File.WriteAllTextAsync(Path.Combine(Data, "vibe.db"), new string('x', 10_000));

        AssertFault(await DoctorAsync(database), "database", "not a database", "put back a backup");
    }

    [Fact]
    public async Task A_master_key_that_is_missing_is_found_and_none_is_made()
    {
        await using var database = await DatabaseAsync(Engine.Sqlite);
        File.Delete(MasterKey);

        AssertFault(await DoctorAsync(database), "master key", "is missing", "Put back the file");
        Assert.False(File.Exists(MasterKey));
    }

    [Fact]
    public async Task A_master_key_of_another_database_is_found()
    {
        await using var database = await DatabaseAsync(Engine.Sqlite);
        await File.WriteAllTextAsync(MasterKey, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));

        AssertFault(await DoctorAsync(database), "master key", "does not belong to this database", "Put the file");
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task A_clock_that_is_behind_the_last_write_is_found(Engine engine)
    {
        await using var database = await DatabaseAsync(engine, "UPDATE spaces SET clock_at = clock_at + 10800000000");

        AssertFault(await DoctorAsync(database), "clock", "3 hours in the future", "NTP");
    }

    [Fact]
    public async Task A_postgres_that_is_not_reachable_is_found()
    {
        var outcome = await DoctorAsync(
            null,
            "--postgres",
            $"Host=127.0.0.1;Port={FreePort()};Username=vibe;Timeout=5"
        );

        AssertFault(outcome, "database", "PostgreSQL cannot be reached", "See that it runs");
    }

    [Theory]
    [InlineData("synchronous_commit=off", "durability", "an acknowledged write could be lost", "Set both to on")]
    [InlineData("default_transaction_read_only=on", "writing", "takes no writes", "Connect to the primary")]
    public async Task A_postgres_that_is_not_set_as_it_must_be_is_found(
        string setting,
        string check,
        string says,
        string remedy
    )
    {
        await using var database = await DatabaseAsync(Engine.Postgres);

        AssertFault(
            await DoctorAsync(database, "--postgres", $"{database.Postgres};Options=-c {setting}"),
            check,
            says,
            remedy
        );
    }

    [Fact]
    public async Task A_disk_with_less_room_than_is_needed_is_found()
    {
        await using var database = await DatabaseAsync(Engine.Sqlite);

        var outcome = await DoctorAsync(database, "--min-free", $"{long.MaxValue}");

        AssertFault(outcome, "disk", "MiB are free", "Make room");
    }

    [Fact]
    public async Task Tokens_of_this_server_are_told_from_those_of_another()
    {
        await using var database = await DatabaseAsync(Engine.Sqlite);
        await using var mine = await VibeServer.StartAsync(new ServerSetup { Folder = Data });
        await using var other = await VibeServer.StartAsync(Engine.Sqlite);
        var (own, foreign) = (await TokensAsync(mine), await TokensAsync(other));

        foreach (var token in own)
            Assert.True((await ExamineAsync(token)).GetProperty("ok").GetBoolean());
        foreach (var token in foreign)
        {
            var finding = await ExamineAsync(token);
            Assert.False(finding.GetProperty("ok").GetBoolean());
            Assert.Contains("Use it where it was made", finding.GetProperty("remedy").GetString());
            Assert.DoesNotContain(token, finding.ToString());
        }
        Assert.Contains("has not the form", (await ExamineAsync("no token")).GetProperty("says").GetString());

        async Task<JsonElement> ExamineAsync(string token)
        {
            var file = Path.Combine(_folder.FullName, "token");
            await File.WriteAllTextAsync(file, token + "\n");
            return Finding(await DoctorAsync(database, "--token", file), "token");
        }
    }

    [Fact]
    public async Task People_are_told_what_is_wrong_and_what_helps()
    {
        var outcome = await Running.RunAsync(_folder.FullName, Environment(null), "doctor", "--port", $"{FreePort()}");

        Assert.Contains("FAULT\tdatabase\tThere is no database", outcome.Output);
        Assert.Contains("ok\tdisk", outcome.Output);
    }

    private static async Task<string[]> TokensAsync(VibeServer server)
    {
        var alice = await server.PersonAsync("alice");
        var scope = new Scope { Collection = alice.Collection("movies") };
        var page = await alice.Own.Sync.PullAsync(new PullRequest { Scope = scope });
        return [alice.Own.Token!, page.Page.ResumeToken];
    }

    private static void AssertFault(Outcome outcome, string check, string says, string remedy)
    {
        var finding = Finding(outcome, check);
        Assert.False(finding.GetProperty("ok").GetBoolean(), finding.ToString());
        Assert.Contains(says, finding.GetProperty("says").GetString());
        Assert.Contains(remedy, finding.GetProperty("remedy").GetString());
        Assert.Equal(1, outcome.ExitCode);
    }

    private static JsonElement Finding(Outcome outcome, string check)
    {
        var findings = outcome.Lines.Select(line => JsonElement.Parse(line));
        var found = findings.Where(line => line.GetProperty("check").GetString() == check).ToArray();
        Assert.True(found.Length == 1, outcome.ToString());
        return found[0];
    }

    /// <summary>What a server left that had one account, and was stopped.</summary>
    private async Task<Left> DatabaseAsync(Engine engine, string? then = null)
    {
        var left = await Left.NewAsync(engine);
        await using var server = await VibeServer.StartAsync(
            new ServerSetup
            {
                Engine = engine,
                Folder = Data,
                Postgres = left.Postgres,
            }
        );
        await server.PersonAsync("alice");
        if (then is not null)
            await server.ExecuteAsync(then);
        return left;
    }

    private Task<Outcome> DoctorAsync(Left? database, params string[] args)
    {
        string[] port = args.Contains("--port") ? [] : ["--port", $"{FreePort()}"];
        return Running.RunAsync(_folder.FullName, Environment(database), ["doctor", "--json", .. port, .. args]);
    }

    private Dictionary<string, string> Environment(Left? database)
    {
        var environment = new Dictionary<string, string> { ["VIBE_DATA"] = Data };
        if (database?.Postgres is { } postgres)
            environment["VIBE_POSTGRES"] = postgres;
        return environment;
    }

    private string[] Fingerprint() =>
        [
            .. Directory
                .EnumerateFiles(Data)
                .Order(StringComparer.Ordinal)
                .Select(file =>
                    $"{file} {File.GetLastWriteTimeUtc(file):o} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))}"
                ),
            $"{Directory.GetLastWriteTimeUtc(Data):o}",
        ];

    // Below those that connections take: another test's may have the port, or the next, before the doctor looks.
    private static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(10_000, 30_000);
            try
            {
                using var grpc = new TcpListener(IPAddress.Loopback, port);
                using var web = new TcpListener(IPAddress.Loopback, port + 1);
                grpc.Start();
                web.Start();
                return port;
            }
            catch (SocketException) { }
        }
    }

    /// <summary>The database that a server left behind.</summary>
    private sealed record Left(string? Postgres) : IAsyncDisposable
    {
        public static async Task<Left> NewAsync(Engine engine)
        {
            if (engine == Engine.Sqlite)
                return new Left(Postgres: null);
            var cluster =
                await PostgresCluster.FindAsync()
                ?? throw Missing.Exception("PostgreSQL is not installed and VIBE_TEST_POSTGRES names no server.");
            return new Left(await cluster.CreateDatabaseAsync());
        }

        public async ValueTask DisposeAsync()
        {
            if (Postgres is not null)
                await (await PostgresCluster.FindAsync())!.DropDatabaseAsync(Postgres);
        }
    }
}
