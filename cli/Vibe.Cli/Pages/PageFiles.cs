namespace Vibe.Cli.Pages;

/// <summary>The files of the page, as they were built beside the command.</summary>
internal sealed class PageFiles
{
    private static readonly (string Path, string File, string Type)[] All =
    [
        ("/", "index.html", "text/html; charset=utf-8"),
        ("/page.css", "page.css", "text/css; charset=utf-8"),
        ("/page.js", "page.js", "text/javascript; charset=utf-8"),
    ];

    private readonly Dictionary<string, PageFile> _files;

    private PageFiles(Dictionary<string, PageFile> files) => _files = files;

    /// <summary>Reads the files; nothing where the command was built without them.</summary>
    public static PageFiles? Read()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "page");
        if (!All.All(one => File.Exists(Path.Combine(folder, one.File))))
            return null;
        return new PageFiles(
            All.ToDictionary(
                one => one.Path,
                one => new PageFile(File.ReadAllBytes(Path.Combine(folder, one.File)), one.Type)
            )
        );
    }

    public PageFile? Find(string? path) => path is null ? null : _files.GetValueOrDefault(path);
}

/// <summary>A file and its media type.</summary>
internal sealed record PageFile(byte[] Content, string Type);
