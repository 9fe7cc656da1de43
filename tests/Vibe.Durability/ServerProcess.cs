using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Vibe.Testing;

namespace Vibe.Durability;

/// <summary>A server in a process of its own, watched by strace or not. It is ended by its own id, whatever happens.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Data _data;
    private readonly GrpcChannel _channel;
    private readonly Task _reading;

    private ServerProcess(Process process, Data data, string address)
    {
        _process = process;
        _data = data;
        _channel = GrpcChannel.ForAddress(address);
        _reading = process.StandardOutput.ReadToEndAsync();
    }

    /// <summary>Calls to the server as the person whose data it has.</summary>
    public CallInvoker Calls =>
        _channel
            .CreateCallInvoker()
            .Intercept(metadata =>
            {
                metadata.Add("authorization", $"Bearer {_data.Token}");
                return metadata;
            });

    /// <summary>The server as it is.</summary>
    public static string Real => Built("Vibe.Server");

    /// <summary>The server that does not sync its commits.</summary>
    public static string Weak => Built("Vibe.WeakServer");

    /// <summary>Starts a server on data, and returns when it answers.</summary>
    /// <param name="program">The server.</param>
    /// <param name="data">What it serves.</param>
    /// <param name="watch">The command that starts it and watches over it; the server itself without.</param>
    public static async Task<ServerProcess> StartAsync(string program, Data data, params string[] watch)
    {
        string[] command = [.. watch, "dotnet", program];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (var (name, value) in data.Settings)
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        var process = Process.Start(start)!;
        try
        {
            while (await process.StandardOutput.ReadLineAsync().WaitAsync(Patience) is { } line)
                if (Listening().Match(line) is { Success: true } match)
                    return new ServerProcess(process, data, match.Groups[1].Value);
            throw new InvalidOperationException("The server did not start.");
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>The id of the server, also where somebody watches over it.</summary>
    public int Id => ChildOf(_process.Id) ?? _process.Id;

    /// <summary>Asks it to stop, and waits until it has.</summary>
    public async Task StopAsync()
    {
        _ = Kill(Id, 15);
        await _process.WaitForExitAsync().WaitAsync(Patience);
        await _reading;
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static string Built(string project)
    {
        var mine = AppContext.BaseDirectory.TrimEnd('/').Split('/');
        return Path.Combine(string.Join('/', mine[..^2]), project, mine[^1], $"{project}.dll");
    }

    private static int? ChildOf(int process) =>
        File.ReadAllText($"/proc/{process}/task/{process}/children").Split(' ') is [{ Length: > 0 } child, ..]
            ? int.Parse(child, System.Globalization.CultureInfo.InvariantCulture)
            : null;

    // The first address is that of gRPC.
    [GeneratedRegex(@"Now listening on: (\S+)")]
    private static partial Regex Listening();

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int pid, int signal);
}
