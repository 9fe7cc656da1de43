using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Vibe.Testing;

namespace Vibe.Durability;

/// <summary>
/// Lets calls of a running server to its database fail with an error of the kernel, as they do on a disk that went read-only
/// or breaks, until it is disposed of.
/// </summary>
internal sealed class FailingDisk : IAsyncDisposable
{
    private readonly Process _strace;

    private FailingDisk(Process strace) => _strace = strace;

    /// <summary>Begins to let calls fail, and returns when they do.</summary>
    /// <param name="server">The server.</param>
    /// <param name="data">The data that it serves.</param>
    /// <param name="calls">The calls, separated by commas.</param>
    /// <param name="error">The name of the error.</param>
    public static async Task<FailingDisk> AttachAsync(ServerProcess server, Data data, string calls, string error)
    {
        var strace = Process.Start(
            new ProcessStartInfo(
                Recording.FindStrace(),
                [
                    "-f",
                    "-p",
                    server.Id.ToString(CultureInfo.InvariantCulture),
                    "-o",
                    "/dev/null",
                    "-P",
                    Path.Combine(data.Folder, "vibe.db"),
                    "-P",
                    Path.Combine(data.Folder, "vibe.db-wal"),
                    "-e",
                    $"trace={calls}",
                    "-e",
                    $"inject={calls}:error={error}",
                ]
            )
            {
                RedirectStandardError = true,
            }
        )!;
        _ = strace.StandardError.ReadToEndAsync();
        // It takes the threads one by one.
        while (!strace.HasExited && !AllWatched(server.Id))
            await Task.Delay(5);
        if (!strace.HasExited)
            return new FailingDisk(strace);
        strace.Dispose();
        throw Missing.Exception("This machine does not allow to watch a process that runs.");
    }

    public async ValueTask DisposeAsync()
    {
        // Killed, it would take the server along.
        _ = Kill(_strace.Id, 15);
        await _strace.WaitForExitAsync();
        _strace.Dispose();
    }

    private static bool AllWatched(int process) =>
        Directory
            .GetDirectories($"/proc/{process}/task")
            .All(thread =>
                !File.ReadLines(Path.Combine(thread, "status")).Contains("TracerPid:\t0", StringComparer.Ordinal)
            );

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int pid, int signal);
}
