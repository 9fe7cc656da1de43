namespace Vibe.Cli.Demos;

/// <summary>Finds documents worth showing: real ones where they are, else those that came with the program.</summary>
internal static class DemoFilms
{
    private const string Real = "../shared/data/movies.jsonl";
    private const string MadeUp = "samples/films.jsonl";

    public static FileInfo Find() =>
        Environment.GetEnvironmentVariable("VIBE_DEMO_DATA") is { Length: > 0 } named
            ? new FileInfo(named)
            : Candidates().First(file => file.Exists);

    private static IEnumerable<FileInfo> Candidates()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Vibe.sln")))
                yield return new FileInfo(Path.Combine(folder.FullName, Real));
        yield return new FileInfo(Path.Combine(AppContext.BaseDirectory, MadeUp));
    }
}
