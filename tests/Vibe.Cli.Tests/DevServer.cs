using System.Text.Json;
using Vibe.Cli.Tests;

[assembly: AssemblyFixture(typeof(DevServer))]

namespace Vibe.Cli.Tests;

/// <summary>One server with the sandbox in it, for all tests that need no server of their own.</summary>
public sealed class DevServer : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vibe-cli-tests-");
    private Running? _server;

    /// <summary>The one line that it printed.</summary>
    internal JsonElement Started { get; private set; }

    internal string Grpc => Started.GetProperty("grpc").GetString()!;

    /// <summary>A folder for files of the tests.</summary>
    internal string Folder => _folder.FullName;

    private Dictionary<string, string> Environment =>
        new() { ["VIBE_DATA"] = Started.GetProperty("data").GetString()! };

    public async ValueTask InitializeAsync()
    {
        _server = Running.Start(Folder, "dev", "--ephemeral", "--port", "0", "--json", "--seed", "sandbox");
        Started = JsonElement.Parse(await _server.LineAsync());
    }

    /// <summary>Runs a command on the server.</summary>
    internal Task<Outcome> RunAsync(params string[] args) => Running.RunAsync(Folder, Environment, args);

    /// <summary>Runs a command that must succeed, and gives its lines.</summary>
    internal async Task<string[]> LinesAsync(params string[] args)
    {
        var outcome = await RunAsync(args);
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        return outcome.Lines;
    }

    /// <summary>Runs a command that must succeed, and gives its lines as JSON.</summary>
    internal async Task<JsonElement[]> JsonAsync(params string[] args) =>
        [.. (await LinesAsync([.. args, "--json"])).Select(line => JsonElement.Parse(line))];

    /// <summary>Starts a command and does not wait for it.</summary>
    internal Running Start(params string[] args) => Running.Start(Folder, Environment, args);

    /// <summary>Writes a file for a command to read.</summary>
    internal string Write(string name, params string[] lines)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, string.Join('\n', lines) + "\n");
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            _server.Terminate();
            var end = await _server.EndAsync();
            await _server.DisposeAsync();
            Assert.Equal(0, end.ExitCode);
            Assert.DoesNotContain("fail:", end.Errors, StringComparison.Ordinal);
            Assert.False(Directory.Exists(Environment["VIBE_DATA"]), "The ephemeral folder is still there.");
        }
        _folder.Delete(recursive: true);
    }
}
