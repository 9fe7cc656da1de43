using System.Runtime.InteropServices;

namespace Vibe.Storage;

/// <summary>The folder that a server keeps its files in.</summary>
public static class DataFolder
{
    private const int WriteAccess = 2;

    private const UnixFileMode OwnerAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Whether this process may write a file, or make files in a folder; what is not there is no hindrance.</summary>
    public static bool IsWritable(string path) =>
        OperatingSystem.IsWindows() || !Path.Exists(path) || Access(path, WriteAccess) == 0;

    /// <summary>Makes the folder, for its owner alone, unless it is there: what is in it is people's own.</summary>
    public static void Create(string path)
    {
        if (Directory.Exists(path))
            return;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnerAlone);
    }

    // Asks the system instead of trying, which would leave a trace.
    [DllImport("libc", EntryPoint = "access")]
    private static extern int Access([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int mode);
}
