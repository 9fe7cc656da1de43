using System.Text.RegularExpressions;
using Npgsql;
using Vibe.Cases.Tests.Quickstarts;
using Vibe.Testing;

namespace Vibe.Cases.Tests.Deployment;

/// <summary>
/// This machine in the place of the containers of the compose file: the same programs with the same arguments and variables, whose
/// folders and addresses are here. Its secrets are made as the page says.
/// </summary>
internal sealed class ComposedMachine : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly ComposeFile _compose;
    private readonly PostgresInstance _postgres;
    private readonly string _database;
    private readonly string _envoy;
    private readonly int _port;
    private readonly int _admin = Ports.Free();
    private readonly List<(int Grpc, Terminal Terminal)> _servers = [];
    private readonly Dictionary<string, Terminal> _terminals = [];

    private ComposedMachine(
        DirectoryInfo folder,
        ComposeFile compose,
        PostgresInstance postgres,
        string database,
        string envoy,
        int port
    ) => (_folder, _compose, _postgres, _database, _envoy, _port) = (folder, compose, postgres, database, envoy, port);

    /// <summary>Where clients find it.</summary>
    public string Origin => $"https://localhost:{_port}";

    /// <summary>Makes what has to lie beside the compose file; skips the test, visibly, where the machine lacks something.</summary>
    public static async Task<ComposedMachine> PrepareAsync()
    {
        var envoy = Envoy.Program ?? throw Missing.Exception(Envoy.Absent);
        var postgres =
            await PostgresInstance.StartAsync() ?? throw Missing.Exception("PostgreSQL is absent: install it.");
        var folder = Directory.CreateTempSubdirectory("composed-vibe-");
        try
        {
            var port = Ports.Free();
            var secrets = Page.Of("gateway.md")
                .Sections["In containers"]
                .Replace("VIBE_HOST=vibe.example", $"VIBE_HOST=localhost:{port}", StringComparison.Ordinal);
            await using (var stranger = new Stranger(folder.FullName, new Dictionary<string, string?>()))
                await stranger.FollowAsync([
                    .. Block.In(Page.Step(GatewayWalkTests.Walk, 3)),
                    Block.In(secrets).Single(block => block.IsTyped),
                ]);
            var variables = await File.ReadAllLinesAsync(Path.Combine(folder.FullName, ".env"));
            return new ComposedMachine(
                folder,
                await ComposeFile.ReadAsync(
                    variables.Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1])
                ),
                postgres,
                await postgres.CreateDatabaseAsync(),
                envoy,
                port
            );
        }
        catch
        {
            await postgres.DisposeAsync();
            folder.Delete(recursive: true);
            throw;
        }
    }

    /// <summary>Starts all services in their order, and returns when their health is good.</summary>
    public async Task StartAsync()
    {
        await RunAsync("migrate", [.. _compose.CommandOf("migrate")]);
        for (var replica = 0; replica < _compose.ReplicasOf("vibe"); replica++)
            await ServeAsync(Ports.Free(), Ports.Free());
        await RunAsync("gateway", [.. _compose.CommandOf("gateway").SelectMany(Here)]);
        var envoy = _terminals["envoy"] = Terminal.Open(Path.Combine(_folder.FullName, "gateway"), NoVariables());
        await envoy.RunAsync(
            InBackground([_envoy, .. _compose.CommandOf("envoy").Skip(1), "--disable-hot-restart"])
                + Until(_compose.HealthOf("envoy"))
        );
        // It has looked at the health of all of them.
        await envoy.RunAsync(
            $"until [ \"$(curl -s http://127.0.0.1:{_admin}/clusters | grep -c health_flags::healthy)\" = {_servers.Count} ]; do sleep 0.2; done"
        );
    }

    /// <summary>Runs the command in a container of a service, to its end.</summary>
    public Task RunAsync(string service, params string[] command) =>
        TerminalOf(service).RunAsync(Line(["dotnet", Checkout.Command, .. command]));

    /// <summary>Runs the command in a container of a service, and gives the line that it writes.</summary>
    public async Task<string> LineOfAsync(string service, params string[] command)
    {
        var terminal = Terminal.Open(_folder.FullName, VariablesOf(service, 0, 0));
        await using (terminal)
        {
            await terminal.TypeAsync(Line(["dotnet", Checkout.Command, .. command]) + "\n");
            return await terminal.LineAsync();
        }
    }

    /// <summary>Calls through Envoy, and gives the HTTP status.</summary>
    public async Task<string> CurlAsync(string token, string path, string? body = null)
    {
        string[] sent = body is null ? [] : ["-H", "content-type: application/json", "-d", body];
        await using var terminal = Terminal.Open(_folder.FullName, NoVariables());
        await terminal.TypeAsync(
            Line([
                "curl",
                "-s",
                "-o",
                "answer.json",
                "-w",
                "%{http_code}\\n",
                "--cacert",
                "authority.pem",
                "-H",
                $"authorization: Bearer {token}",
                .. sent,
                Origin + path,
            ]) + "\n"
        );
        return await terminal.LineAsync();
    }

    /// <summary>What the last call was answered.</summary>
    public Task<string> AnswerAsync() => File.ReadAllTextAsync(Path.Combine(_folder.FullName, "answer.json"));

    /// <summary>Tells everything to stop, and sees that it ends well.</summary>
    public async Task StopAsync()
    {
        foreach (var terminal in _servers.Select(server => server.Terminal).Prepend(_terminals["envoy"]))
            await terminal.RunAsync("kill $service; wait $service");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var terminal in _servers.Select(server => server.Terminal).Concat(_terminals.Values))
            await terminal.DisposeAsync();
        await _postgres.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task ServeAsync(int grpc, int web)
    {
        var terminal = Terminal.Open(_folder.FullName, VariablesOf("vibe", grpc, web));
        _servers.Add((grpc, terminal));
        await terminal.RunAsync(
            InBackground(["dotnet", Checkout.Command, .. _compose.CommandOf("vibe")])
                + Until([
                    .. _compose
                        .HealthOf("vibe")
                        .Select(part => part.Replace("/5281", $"/{web}", StringComparison.Ordinal)),
                ])
        );
    }

    private Terminal TerminalOf(string service) =>
        _terminals.TryGetValue(service, out var terminal)
            ? terminal
            : _terminals[service] = Terminal.Open(_folder.FullName, VariablesOf(service, 0, 0));

    private Dictionary<string, string?> VariablesOf(string service, int grpc, int web)
    {
        var database = new NpgsqlConnectionStringBuilder(_database);
        var variables = NoVariables();
        foreach (var (name, value) in _compose.EnvironmentOf(service))
            variables[name] = Here(value)
                .Single()
                .Replace("0.0.0.0:5280", $"127.0.0.1:{grpc}", StringComparison.Ordinal)
                .Replace(
                    "Host=postgres;Database=vibe;",
                    $"Host={database.Host};Port={database.Port};Database={database.Database};",
                    StringComparison.Ordinal
                )
                .Replace("/scratch/vibe", $"{_folder.FullName}/data-{grpc}", StringComparison.Ordinal);
        // Containers each have a loopback of their own, which this one is shared in the place of.
        variables["Vibe__WebAddress"] = $"http://127.0.0.1:{web}";
        return variables;
    }

    // As a container has none of those of the tests.
    private static Dictionary<string, string?> NoVariables() =>
        Environment
            .GetEnvironmentVariables()
            .Keys.Cast<string>()
            .Where(name => name.StartsWith("VIBE", StringComparison.OrdinalIgnoreCase))
            .ToDictionary(name => name, _ => (string?)null, StringComparer.Ordinal);

    private IEnumerable<string> Here(string text) =>
        text == "--backend=vibe:5280"
            ? _servers.Select(server => $"--backend=127.0.0.1:{server.Grpc}")
            :
            [
                Regex
                    .Replace(text, "(/run)?/(?=(secrets|gateway)/)", $"{_folder.FullName}/")
                    .Replace("0.0.0.0:443", $"127.0.0.1:{_port}", StringComparison.Ordinal)
                    .Replace("9901", $"{_admin}", StringComparison.Ordinal),
            ];

    private string Until(IReadOnlyList<string> health) =>
        $"until {Line(health.SelectMany(Here))} 2> /dev/null; do kill -0 $service || {{ cat log.$$ >&2; exit 1; }}; sleep 0.2; done\n";

    private static string InBackground(IEnumerable<string> program) => $"{Line(program)} > log.$$ 2>&1 &\nservice=$!\n";

    private static string Line(IEnumerable<string> words) =>
        string.Join(' ', words.Select(word => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'"));
}
