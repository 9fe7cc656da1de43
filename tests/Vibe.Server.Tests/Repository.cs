namespace Vibe.Server.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } =
        FoldersAbove().FirstOrDefault(folder => File.Exists(Path.Combine(folder, "Vibe.sln")))
        ?? throw new InvalidOperationException("The tests do not lie below Vibe.sln.");

    public static IEnumerable<string> FoldersAbove()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            yield return folder.FullName;
    }
}
