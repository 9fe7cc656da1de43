using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Net.Client;

namespace Vibe.Testing;

/// <summary>A server in a process of its own, on a free port of the loopback, which can be killed like one.</summary>
public sealed class Replica : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _errors = new();

    private Replica(Process process, Uri grpc, Uri web)
    {
        _process = process;
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
    }

    /// <summary>A connection over HTTP/2.</summary>
    public GrpcChannel Channel { get; }

    internal GrpcChannel WebChannel { get; }

    internal Uri WebAddress { get; }

    /// <summary>The errors in the process's log so far.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>Somebody from another server, with the same token, at this one.</summary>
    public Actor Here(Actor actor) => new(this, actor.Token);

    /// <summary>Starts the server of this build on the database of a server of this process, and returns when it listens.</summary>
    public static Task<Replica> BesideAsync(VibeServer server) =>
        BesideAsync(server, [Path.Combine(AppContext.BaseDirectory, "Vibe.Server.dll")]);

    /// <summary>Starts a program that runs a server on the database of a server of this process.</summary>
    /// <param name="server">The server whose data it shares.</param>
    /// <param name="program">The program and its arguments, as <c>dotnet</c> takes them.</param>
    /// <param name="settings">Further variables of its environment.</param>
    public static async Task<Replica> BesideAsync(
        VibeServer server,
        IEnumerable<string> program,
        params (string Name, string? Value)[] settings
    )
    {
        var start = new ProcessStartInfo("dotnet", program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = server.Folder,
        };
        var environment = new (string Name, string? Value)[]
        {
            ("Vibe__GrpcAddress", "http://127.0.0.1:0"),
            ("Vibe__WebAddress", "http://127.0.0.1:0"),
            ("Vibe__Storage__Folder", server.Folder),
            ("Vibe__Storage__Postgres", server.Postgres),
            ("Logging__LogLevel__Default", "Warning"),
            ("Logging__LogLevel__Microsoft.Hosting.Lifetime", "Information"),
        };
        foreach (var (name, value) in environment.Concat(settings))
            if (value is not null)
                start.Environment[name] = value;
        var process = Process.Start(start)!;
        try
        {
            // The first address is that of gRPC.
            var started = new Replica(process, await AddressAsync(process), await AddressAsync(process));
            _ = started.ReadLogAsync();
            return started;
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <summary>Ends the process as a power cut would (SIGKILL), and returns when it is gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
        Channel.Dispose();
        WebChannel.Dispose();
    }

    private static async Task<Uri> AddressAsync(Process process)
    {
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(Patience) is { } line)
        {
            var at = line.IndexOf(Listening, StringComparison.Ordinal);
            if (at >= 0)
                return new Uri(line[(at + Listening.Length)..].Trim());
        }
        throw new InvalidOperationException("The server did not start; its log says why.");
    }

    // Whoever does not read what it writes makes it wait.
    private async Task ReadLogAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
            if (
                line.StartsWith("fail:", StringComparison.Ordinal) || line.StartsWith("crit:", StringComparison.Ordinal)
            )
                _errors.Enqueue(line + " " + await _process.StandardOutput.ReadLineAsync());
    }
}
