using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Vibe.Load.Generators;
using Vibe.Testing;

namespace Vibe.Load.Servers;

/// <summary>A server in a process of its own, so that what it uses can be told from what the generator uses.</summary>
internal sealed class MeasuredProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    private MeasuredProcess(Process process)
    {
        _process = process;
        DataReceivedEventHandler keep = (_, line) => _lines.Enqueue(line.Data ?? "");
        process.OutputDataReceived += keep;
        process.ErrorDataReceived += keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    /// <summary>How long it took from the start of the process to its first answer.</summary>
    public TimeSpan FirstAnswerAfter { get; private set; }

    /// <summary>Starts a program of .NET, and returns with its first answer.</summary>
    /// <param name="arguments">The program, which is beside this one, and its arguments.</param>
    /// <param name="environment">Variables of its environment.</param>
    /// <param name="ask">Asks it something.</param>
    public static Task<MeasuredProcess> StartAsync(
        string[] arguments,
        Dictionary<string, string> environment,
        Func<Task> ask
    )
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, arguments[0]), .. arguments[1..]]
        );
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return StartAsync(start, ask);
    }

    /// <summary>Starts any program, and returns with its first answer.</summary>
    /// <param name="start">The program, its arguments and its environment.</param>
    /// <param name="ask">Asks it something.</param>
    public static async Task<MeasuredProcess> StartAsync(ProcessStartInfo start, Func<Task> ask)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        var clock = Stopwatch.StartNew();
        var process = new MeasuredProcess(Process.Start(start)!);
        try
        {
            await process.FirstAnswerAsync(ask);
            process.FirstAnswerAfter = clock.Elapsed;
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>An address of this machine that nobody listens on.</summary>
    public static Uri FreeAddress() => new($"http://127.0.0.1:{Ports.Free()}");

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task FirstAnswerAsync(Func<Task> ask)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await ask();
                return;
            }
            catch (Exception exception) when (IsNobodyThere(exception))
            {
                if (_process.HasExited || waited.Elapsed > Patience)
                    throw new LoadException($"The server does not answer:\n{string.Join('\n', _lines)}");
                await Task.Delay(5);
            }
        }
    }

    private static bool IsNobodyThere(Exception exception) =>
        exception
            is RpcException { StatusCode: StatusCode.Unavailable }
                or HttpRequestException
                or IOException
                or SocketException;
}
