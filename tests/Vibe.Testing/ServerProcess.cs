using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Vibe.Identity.V1;

namespace Vibe.Testing;

/// <summary>
/// The program of the server as a process of its own, on the data of a server in this one: a replica, with variables of
/// its own. It is ended by its own id, whatever happens.
/// </summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    private ServerProcess(Process process, Uri web, GrpcChannel channel)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
        _errors = process.StandardError.ReadToEndAsync();
        Channel = channel;
        WebAddress = web;
        WebChannel = VibeServer.WebChannelTo(web);
    }

    /// <summary>A connection over HTTP/2.</summary>
    public GrpcChannel Channel { get; }

    /// <summary>A connection over gRPC-web.</summary>
    public GrpcChannel WebChannel { get; }

    public Uri WebAddress { get; }

    /// <summary>Starts a replica and waits until it answers.</summary>
    public static async Task<ServerProcess> StartAsync(VibeServer beside, IDictionary<string, string?> variables)
    {
        var (grpc, web) = (FreePort(), FreePort());
        var start = new ProcessStartInfo("dotnet", [Program()])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["Vibe__GrpcAddress"] = $"http://127.0.0.1:{grpc}";
        start.Environment["Vibe__WebAddress"] = $"http://127.0.0.1:{web}";
        start.Environment["Vibe__Storage__Folder"] = beside.Folder;
        if (beside.Postgres is not null)
            start.Environment["Vibe__Storage__Postgres"] = beside.Postgres;
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{grpc}");
        var server = new ServerProcess(Process.Start(start)!, new Uri($"http://127.0.0.1:{web}"), channel);
        try
        {
            await server.AnswersAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Somebody with a token that the server beside it minted, or with none.</summary>
    public Actor With(string? token) => new(this, token);

    /// <summary>Tells it to stop, waits until it has, and gives what it wrote.</summary>
    public async Task<string> StopAsync()
    {
        using (var kill = Process.Start("kill", [$"-TERM", $"{_process.Id}"]))
            await kill.WaitForExitAsync().WaitAsync(Patience);
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return await _output + await _errors;
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        WebChannel.Dispose();
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience);
        _process.Dispose();
    }

    private async Task AnswersAsync()
    {
        var client = new ServerService.ServerServiceClient(Channel);
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                await client.GetServerAsync(new GetServerRequest(), deadline: DateTime.UtcNow.AddSeconds(10));
                return;
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.Unavailable)
            {
                if (_process.HasExited)
                    throw new InvalidOperationException($"The server ended: {await _output}{await _errors}");
                await Task.Delay(20, patience.Token);
            }
        }
    }

    private static string Program()
    {
        var mine = AppContext.BaseDirectory.TrimEnd('/').Split('/');
        return Path.Combine(string.Join('/', mine[..^2]), "Vibe.Server", mine[^1], "Vibe.Server.dll");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
