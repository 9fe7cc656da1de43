namespace Vibe.Cases;

/// <summary>The checkout that this was built from.</summary>
internal static class Checkout
{
    public static string Root { get; } = Find();

    public static string Scenarios { get; } = Path.Combine(Root, "tests", "cases");

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Vibe.sln")))
                return folder.FullName;
        throw new InvalidOperationException("The host does not lie below Vibe.sln.");
    }
}
