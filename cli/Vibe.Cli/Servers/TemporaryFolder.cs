namespace Vibe.Cli.Servers;

/// <summary>A folder that goes with the process.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private TemporaryFolder(string path) => Path = path;

    public string Path { get; }

    public static TemporaryFolder Create() => new(Directory.CreateTempSubdirectory("vibe-").FullName);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
