using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Grpc.Net.Client;
using Vibe.Identity.V1;

namespace Vibe.Testing;

/// <summary>
/// A server as a process of its own on the data of a server in this one, a replica that can be stopped and killed. It is
/// ended by its own id, whatever happens.
/// </summary>
public sealed partial class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly Task _reading;

    private ServerProcess(Process process, Uri grpc, Uri web)
    {
        _process = process;
        GrpcAddress = grpc;
        WebAddress = web;
        WebChannel = VibeServer.WebChannelTo(web);
        // Killed processes leave half-open connections behind; each process has channels of its own.
        Channel = GrpcChannel.ForAddress(
            grpc,
            new GrpcChannelOptions
            {
                MaxReceiveMessageSize = null,
                HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true },
                DisposeHttpClient = true,
            }
        );
        // Whoever does not read what it writes makes it wait.
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
    }

    /// <summary>A connection over HTTP/2.</summary>
    public GrpcChannel Channel { get; }

    /// <summary>A connection over gRPC-web.</summary>
    public GrpcChannel WebChannel { get; }

    public Uri GrpcAddress { get; }

    public Uri WebAddress { get; }

    /// <summary>The errors in the process's log so far, where it writes text.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>The id of the process.</summary>
    public int Id => _process.Id;

    /// <summary>What it ended with, once it has.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Starts the server of this build, and returns when it answers.</summary>
    /// <param name="beside">The server whose data it shares.</param>
    /// <param name="variables">Variables of its environment.</param>
    public static Task<ServerProcess> StartAsync(
        VibeServer beside,
        IEnumerable<KeyValuePair<string, string?>>? variables = null
    ) => StartAsync(beside, [Path.Combine(AppContext.BaseDirectory, "Vibe.Server.dll")], variables ?? []);

    /// <summary>Starts a program that runs a server, and returns when it answers.</summary>
    /// <param name="beside">The server whose data it shares.</param>
    /// <param name="program">The program and its arguments, as <c>dotnet</c> takes them.</param>
    /// <param name="variables">Variables of its environment.</param>
    public static async Task<ServerProcess> StartAsync(
        VibeServer beside,
        IEnumerable<string> program,
        IEnumerable<KeyValuePair<string, string?>> variables
    )
    {
        var start = new ProcessStartInfo("dotnet", program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = beside.Folder,
        };
        start.Environment["Vibe__GrpcAddress"] = "http://127.0.0.1:0";
        start.Environment["Vibe__WebAddress"] = "http://127.0.0.1:0";
        start.Environment["Vibe__Storage__Folder"] = beside.Folder;
        if (beside.Postgres is not null)
            start.Environment["Vibe__Storage__Postgres"] = beside.Postgres;
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        try
        {
            // The first address is that of gRPC.
            var server = new ServerProcess(process, await AddressAsync(process), await AddressAsync(process));
            await new ServerService.ServerServiceClient(server.Channel).GetServerAsync(new GetServerRequest());
            return server;
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <summary>Somebody with a token that the server beside it minted, or with none.</summary>
    public Actor With(string? token) => new(this, token);

    /// <summary>Tells it to stop, waits until it has, and gives what it wrote since it listened.</summary>
    public async Task<string> StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]))
            await kill.WaitForExitAsync().WaitAsync(Patience);
        await _process.WaitForExitAsync().WaitAsync(Patience);
        await _reading;
        return string.Join('\n', _output);
    }

    /// <summary>Ends the process as a power cut would (SIGKILL), and returns when it is gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        await _reading;
        _process.Dispose();
        Channel.Dispose();
        WebChannel.Dispose();
    }

    private static async Task<Uri> AddressAsync(Process process)
    {
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(Patience) is { } line)
            if (Listening().Match(line) is { Success: true } listening)
                return new Uri(listening.Groups["address"].Value);
        throw new InvalidOperationException(
            $"The server did not start: {await process.StandardError.ReadToEndAsync()}"
        );
    }

    private async Task ReadAsync(StreamReader lines)
    {
        while (await lines.ReadLineAsync() is { } line)
        {
            _output.Enqueue(line);
            if (Error().IsMatch(line))
                _errors.Enqueue(line);
        }
    }

    [GeneratedRegex("""Now listening on: (?<address>[^\s"]+)""")]
    private static partial Regex Listening();

    [GeneratedRegex("^(fail|crit):")]
    private static partial Regex Error();
}
