using System.Text.Json;
using Vibe.Testing;

namespace Vibe.Cli.Tests;

public sealed class ServerTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vibe-cli-tests-");

    private string Data => Path.Combine(_folder.FullName, "data");

    private string ServerFile => Path.Combine(Data, "server.json");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Serving_asserts_that_the_database_is_migrated_and_migrating_says_what_it_did()
    {
        var early = await RunAsync("serve", "--port", "0");
        var migrated = await RunAsync("migrate", "--json");
        var again = await RunAsync("migrate");
        await using var server = Start("serve", "--port", "0", "--json");
        var started = JsonElement.Parse(await server.LineAsync());

        Assert.Equal(3, early.ExitCode);
        Assert.Contains("next: vibe migrate", early.Errors, StringComparison.Ordinal);
        Assert.NotEmpty(JsonElement.Parse(migrated.Output).GetProperty("applied").EnumerateArray());
        Assert.Equal("nothing to do\n", again.Output);
        Assert.Equal(["grpc", "web", "data"], started.EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public async Task Rotating_keys_beside_a_running_server_disturbs_nobody_and_revoking_them_signs_out()
    {
        await using var server = Start("dev", "--port", "0", "--json");
        await server.LineAsync();
        await RunAsync("account", "add", "alice");
        await RunAsync("put", "movies/m1", "{}", "--as", "alice");
        var rotated = await RunAsync("keys", "rotate");
        var listed = await RunAsync("ls", "movies", "--as", "alice");
        var revoked = await RunAsync("keys", "rotate", "--revoke-old", "--json");

        Assert.Equal(0, rotated.ExitCode);
        Assert.Contains("new keys", rotated.Output, StringComparison.Ordinal);
        Assert.True(listed.ExitCode == 0, listed.ToString());
        Assert.Contains("m1", listed.Output, StringComparison.Ordinal);
        Assert.True(JsonElement.Parse(revoked.Output).GetProperty("revoked").GetBoolean());
    }

    [Fact]
    public async Task A_server_is_found_by_a_file_of_its_owner_that_goes_with_it()
    {
        await using var server = Start("dev", "--port", "0", "--json");
        await server.LineAsync();
        var mode = OperatingSystem.IsWindows() ? OwnerOnly : File.GetUnixFileMode(ServerFile);
        var second = await RunAsync("dev", "--port", "0");
        server.Terminate();
        var end = await server.EndAsync();

        Assert.Equal(OwnerOnly, mode);
        Assert.Equal(1, second.ExitCode);
        Assert.Contains("runs on", second.Errors, StringComparison.Ordinal);
        Assert.Equal(0, end.ExitCode);
        Assert.Empty(end.Output);
        Assert.False(File.Exists(ServerFile));
    }

    [Fact]
    public async Task Without_a_port_it_listens_where_it_is_configured()
    {
        var (grpc, web) = ($"http://127.0.0.1:{Ports.Free()}", $"http://127.0.0.1:{Ports.Free()}");
        var configured = new Dictionary<string, string>
        {
            ["VIBE_DATA"] = Data,
            ["Vibe__GrpcAddress"] = grpc,
            ["Vibe__WebAddress"] = web,
        };

        await using var server = Running.Start(_folder.FullName, configured, "dev", "--json");
        var started = JsonElement.Parse(await server.LineAsync());

        Assert.Equal(grpc, started.GetProperty("grpc").GetString());
        Assert.Equal(web, started.GetProperty("web").GetString());
    }

    [Fact]
    public async Task An_import_and_a_tail_survive_that_the_server_is_killed_and_starts_elsewhere()
    {
        var films = Path.Combine(Running.Root, "samples/films.jsonl");
        await using var first = Start("dev", "--port", "0", "--json");
        await first.LineAsync();
        await RunAsync("account", "add", "alice");
        await using var tail = Start("tail", "films", "--json");
        await tail.LineAsync(line => line.Contains("\"live\":true"));
        await using var import = Start("import", films, "films", "--json", "--batch", "5", "--rate", "100");
        await import.LineAsync(line => line.Contains("\"acknowledged\":50"));
        first.Kill();
        await first.EndAsync();
        await using var second = Start("dev", "--port", "0", "--json");
        await second.LineAsync();
        var summary = (await import.EndAsync()).Lines[^1];
        var listed = (await RunAsync("ls", "films", "--json")).Lines.Select(IdAndEtag).ToHashSet();
        var followed = new List<(string?, string?)>();
        while (followed.Count < listed.Count)
            followed.Add(IdAndEtag(await tail.LineAsync(line => line.Contains("\"put\""))));

        Assert.Contains("\"refused\":0", summary, StringComparison.Ordinal);
        Assert.Equal(200, listed.Count);
        Assert.Equal(listed, followed.ToHashSet());
    }

    [Fact]
    public async Task The_demo_shows_it_all_in_at_most_25_lines_and_leaves_nothing_behind()
    {
        var home = _folder.CreateSubdirectory("home");
        var temporary = _folder.CreateSubdirectory("temporary");
        var places = new Dictionary<string, string> { ["HOME"] = home.FullName, ["TMPDIR"] = temporary.FullName };

        var outcome = await Running.RunAsync(_folder.FullName, places, "demo");

        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        Assert.InRange(outcome.Output.Split('\n').Length, 10, 25);
        Assert.Contains("GRANT_REVOKED", outcome.Output, StringComparison.Ordinal);
        Assert.Empty(outcome.Errors);
        Assert.Empty(home.EnumerateFileSystemInfos());
        // The runtime keeps a socket for debuggers there while it runs, and an empty folder of its own.
        Assert.Empty(temporary.EnumerateFiles("*", SearchOption.AllDirectories));
    }

    private static (string?, string?) IdAndEtag(string line)
    {
        var document = JsonElement.Parse(line);
        return (document.GetProperty("id").GetString(), document.GetProperty("etag").GetString());
    }

    private Running Start(params string[] args) => Running.Start(_folder.FullName, Environment, args);

    private Task<Outcome> RunAsync(params string[] args) => Running.RunAsync(_folder.FullName, Environment, args);

    private Dictionary<string, string> Environment => new() { ["VIBE_DATA"] = Data };
}
