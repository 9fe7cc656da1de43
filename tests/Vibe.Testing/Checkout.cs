namespace Vibe.Testing;

/// <summary>The checkout that the tests were built from.</summary>
public static class Checkout
{
    public static string Root { get; } = Find();

    /// <summary>The command <c>vibe</c> of the same build, as <c>dotnet</c> takes it.</summary>
    // Programs lie in artifacts/bin/NAME/CONFIGURATION, or below artifacts/publish or artifacts/mutants likewise.
    public static string Command { get; } =
        Path.GetFullPath(
            Path.Combine(
                AppContext.BaseDirectory,
                "../../../bin/Vibe.Cli",
                Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')),
                "vibe.dll"
            )
        );

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Vibe.sln")))
                return folder.FullName;
        throw new InvalidOperationException("The tests do not lie below Vibe.sln.");
    }
}
