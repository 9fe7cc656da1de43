using System.Diagnostics;
using Vibe.Load.Generators;

namespace Vibe.Load.Peers;

/// <summary>Lets a program that shall not run as root run as nobody.</summary>
internal static class Unprivileged
{
    /// <summary>Gives the folder to who the program will run as, and what to put before its command.</summary>
    public static async Task<string[]> PrefixAsync(string folder)
    {
        if (!Environment.IsPrivilegedProcess)
            return [];
        await RunAsync(["chown", "nobody", folder]);
        return [PeerProgram.Find("setpriv"), "--reuid=nobody", "--clear-groups", "env", $"HOME={folder}"];
    }

    /// <summary>Runs a command to its end, which must be a good one.</summary>
    public static async Task RunAsync(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new LoadException($"{command[0]} ended with {process.ExitCode}: {await output}{await errors}");
    }
}
