namespace Vibe.Testing;

/// <summary>The checkout that the tests were built from.</summary>
public static class Checkout
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Vibe.sln")))
                return folder.FullName;
        throw new InvalidOperationException("The tests do not lie below Vibe.sln.");
    }
}
