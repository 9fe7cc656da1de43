using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Vibe.Identity.V1;
using Vibe.Testing;

namespace Vibe.Stress;

/// <summary>A server in a process of its own, on the data of one that made people and tokens for it.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process, Uri grpc) => (_process, Grpc) = (process, grpc);

    public Uri Grpc { get; }

    /// <summary>What the process has in memory.</summary>
    public long ResidentMiB
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 >> 20;
        }
    }

    /// <summary>Starts a server, and returns with its first answer.</summary>
    public static async Task<ServerProcess> StartAsync(
        VibeServer prepared,
        params (string Name, string Value)[] settings
    )
    {
        var grpc = new Uri($"http://127.0.0.1:{Ports.Free()}");
        var start = new ProcessStartInfo("dotnet", [Latency.Built("Vibe.Server", "Vibe.Server.dll")]);
        start.Environment["Vibe__GrpcAddress"] = $"{grpc}";
        start.Environment["Vibe__WebAddress"] = $"http://127.0.0.1:{Ports.Free()}";
        start.Environment["Vibe__Storage__Folder"] = prepared.Folder;
        if (prepared.Postgres is not null)
            start.Environment["Vibe__Storage__Postgres"] = prepared.Postgres;
        start.Environment["Logging__LogLevel__Default"] = "Warning";
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        var server = new ServerProcess(Process.Start(start)!, grpc);
        try
        {
            using var channel = GrpcChannel.ForAddress(grpc);
            await FirstAnswerAsync(channel);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until whoever is behind a channel answers.</summary>
    public static async Task FirstAnswerAsync(GrpcChannel channel)
    {
        var client = new ServerService.ServerServiceClient(channel);
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                await client.GetServerAsync(new GetServerRequest(), deadline: DateTime.UtcNow.AddSeconds(5));
                return;
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.Unavailable)
            {
                await Task.Delay(5, late.Token);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
