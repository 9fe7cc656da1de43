using Vibe.Storage.Examinations;

namespace Vibe.Cli.Doctors;

/// <summary>Looks whether there is room on the disk of the data folder.</summary>
internal static class DiskExamination
{
    private const string Check = "disk";
    private const long Mebibyte = 1024 * 1024;

    /// <summary>Examines the disk that a folder is on, or would be.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="needed">How much must be free, in MiB.</param>
    public static Finding Run(string folder, long needed)
    {
        var there = new DirectoryInfo(folder);
        while (!there.Exists && there.Parent is not null)
            there = there.Parent;
        var free = new DriveInfo(there.FullName).AvailableFreeSpace / Mebibyte;
        return free >= needed
            ? new Finding(Check, $"{free} MiB are free for {folder}.")
            : new Finding(
                Check,
                $"Only {free} MiB are free for {folder}; a server that runs out of them takes no writes.",
                $"Make room until {needed} MiB are free, or move the folder to a larger disk."
            );
    }
}
