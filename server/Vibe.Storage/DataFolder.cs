namespace Vibe.Storage;

/// <summary>The folder that a server keeps its files in.</summary>
public static class DataFolder
{
    private const UnixFileMode OwnerAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

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
}
