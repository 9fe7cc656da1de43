using Vibe.Testing;

namespace Vibe.Server.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    private static readonly string[] Built =
    [
        ".git",
        ".vibe",
        "artifacts",
        "bin",
        "obj",
        "node_modules",
        "third_party",
    ];

    public static string Root => Checkout.Root;

    public static IEnumerable<string> FoldersAbove()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            yield return folder.FullName;
    }

    /// <summary>Lists the source files below a folder, as paths from the root with forward slashes.</summary>
    public static IEnumerable<string> Files(string folder, string pattern) =>
        Folders(Path.Combine(Root, folder))
            .SelectMany(found => Directory.EnumerateFiles(found, pattern))
            .Select(FromRoot)
            .Order(StringComparer.Ordinal);

    /// <summary>Lists the source folders, as paths from the root with forward slashes.</summary>
    public static IEnumerable<string> Folders() => Folders(Root).Select(FromRoot);

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    private static IEnumerable<string> Folders(string folder) =>
        Directory.Exists(folder)
            ? Directory
                .EnumerateDirectories(folder)
                .Where(inner => !Built.Contains(Path.GetFileName(inner)))
                .SelectMany(Folders)
                .Prepend(folder)
            : [];

    private static string FromRoot(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');
}
