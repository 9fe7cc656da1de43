using Xunit;

namespace Vibe.Server.Tests.Data.Documents;

/// <summary>Test data that others wrote; it lies beside the repository and not in it.</summary>
internal static class VectorFiles
{
    private static readonly string? Root = Find();

    public static string Folder(params string[] path)
    {
        Assert.SkipWhen(Root is null, "The folder shared/vectors is absent; VIBE_VECTORS can name it.");
        return Path.Combine([Root, .. path]);
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("VIBE_VECTORS") is { Length: > 0 } named)
        {
            return Directory.Exists(named) ? named : null;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var vectors = Path.Combine(folder.FullName, "shared", "vectors");
            if (Directory.Exists(vectors))
            {
                return vectors;
            }
        }

        return null;
    }
}
