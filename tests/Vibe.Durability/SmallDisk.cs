using System.Diagnostics;
using Vibe.Testing;

namespace Vibe.Durability;

/// <summary>A disk of a few megabytes, which a test may fill up. To have one takes the right to mount.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private SmallDisk(string folder) => Folder = folder;

    /// <summary>Where it is mounted.</summary>
    public string Folder { get; }

    private string Filling => Path.Combine(Folder, "filling");

    /// <summary>Mounts an empty disk; skips the test, visibly, where that is not allowed.</summary>
    public static async Task<SmallDisk> MountAsync(int megabytes)
    {
        var folder = Directory.CreateTempSubdirectory("vibe-disk-").FullName;
        if (await RunAsync("mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=0700", "tmpfs", folder))
            return new SmallDisk(folder);
        Directory.Delete(folder);
        throw Missing.Exception("This machine does not allow to mount a small disk.");
    }

    /// <summary>Takes up all the room that is left.</summary>
    public void Fill()
    {
        using var file = new FileStream(Filling, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
                file.Write(new byte[4096]);
        }
        catch (IOException)
        {
            // This is what full means.
        }
    }

    /// <summary>Gives the room back.</summary>
    public void Free() => File.Delete(Filling);

    public async ValueTask DisposeAsync()
    {
        await RunAsync("umount", Folder);
        Directory.Delete(Folder, recursive: true);
    }

    private static async Task<bool> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true }
        )!;
        await process.WaitForExitAsync();
        return process.ExitCode == 0;
    }
}
