namespace Vibe.Server.Tests;

/// <summary>Test data that others publish. It lies beside the repository, not in it.</summary>
internal static class OutsideVectors
{
    public static string Folder(string name)
    {
        var folder = Places().Select(place => Path.Combine(place, name)).FirstOrDefault(Directory.Exists);
        Requirement.Is(
            folder is not null,
            $"The outside test data '{name}' is absent: set VIBE_VECTORS or lay shared/vectors beside the repository."
        );
        return folder!;
    }

    private static IEnumerable<string> Places() =>
        Environment.GetEnvironmentVariable("VIBE_VECTORS") is { Length: > 0 } stated
            ? [stated]
            : Repository.FoldersAbove().Select(folder => Path.Combine(folder, "shared", "vectors"));
}
