namespace Vibe.Proof.Mutants;

/// <summary>
/// A point of the server's work at which a process of it can be made to end at once, as if it was killed. It is woven into
/// the build for the proof, in front of a text of the source.
/// </summary>
/// <param name="Name">The name of its file.</param>
/// <param name="Edit">The place.</param>
internal sealed record KillPoint(string Name, Edit Edit)
{
    private const string Mark = "--- before";

    /// <summary>Reads all points of a folder.</summary>
    public static IReadOnlyList<KillPoint> All(string folder) =>
        [
            .. Directory
                .EnumerateFiles(folder, "*.point", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
                .Select(file =>
                    Parse(Path.GetFileNameWithoutExtension(file), File.ReadAllText(file).ReplaceLineEndings("\n"))
                ),
        ];

    /// <summary>Reads a point: a line <c>file: PATH</c>, a line <c>--- before</c>, and the text.</summary>
    public static KillPoint Parse(string name, string text)
    {
        if (
            text.Split($"\n{Mark}\n") is not [var head, var place]
            || !head.StartsWith("file: ", StringComparison.Ordinal)
        )
            throw new FormatException($"{name}: expected a line \"file: PATH\", a line \"{Mark}\" and a text.");
        var asItIs = place.Trim('\n');
        return new KillPoint(
            name,
            new Edit(
                head["file: ".Length..].Trim(),
                asItIs,
                $"global::Vibe.Hosting.KillPoints.Pass(\"{name}\");\n{asItIs}"
            )
        );
    }
}
