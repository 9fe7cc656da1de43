namespace Vibe.Proof.Mutants;

/// <summary>
/// A rule taken out of the server: texts of its source, each with what stands there once the rule is gone. It is woven
/// into a build of the server that exists for the proof alone, as a switch that is off until it is asked for.
/// </summary>
/// <param name="Name">The name of its file.</param>
/// <param name="Rule">The rule that it takes out.</param>
/// <param name="Proof">The proof that must find it.</param>
/// <param name="Why">What somebody who builds it wrong would do.</param>
/// <param name="Edits">The places that it changes.</param>
internal sealed record Mutant(string Name, string Rule, string Proof, string Why, IReadOnlyList<Edit> Edits)
{
    /// <summary>What a broken text says where the switch is asked.</summary>
    private const string Switch = "MUTANT";

    /// <summary>What a text that only makes the server wait or look, wherever a proof says so, calls.</summary>
    private const string Pause = "global::Vibe.Hosting.Pauses.";

    /// <summary>
    /// Reads the pauses of a folder: files of the same form that take no rule out, and whose places call
    /// <c>global::Vibe.Hosting.Pauses</c> instead of asking a switch.
    /// </summary>
    public static IReadOnlyList<Mutant> Pauses(string folder) =>
        [
            .. Directory
                .EnumerateFiles(folder, "*.pause", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
                .Select(file =>
                    Parse(
                        Path.GetFileNameWithoutExtension(file),
                        ["rule: none", "found by: nobody", .. File.ReadAllLines(file)]
                    )
                ),
        ];

    /// <summary>Reads all mutants of a folder, in the order of their names.</summary>
    public static IReadOnlyList<Mutant> All(string folder) =>
        [
            .. Directory
                .EnumerateFiles(folder, "*.mutant", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
                .Select(file => Parse(Path.GetFileNameWithoutExtension(file), File.ReadAllLines(file))),
        ];

    /// <summary>
    /// Reads a mutant: headers <c>rule</c>, <c>found by</c> and <c>why</c>, then for each place a line <c>file: PATH</c>,
    /// <c>--- as it is</c> with the text, and <c>--- broken</c> with the other, which asks the switch by the word MUTANT.
    /// </summary>
    public static Mutant Parse(string name, IReadOnlyList<string> lines)
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        var edits = new List<Edit>();
        for (var i = 0; i < lines.Count; )
        {
            var (key, value) = Header(name, lines[i++]);
            if (key.Length == 0)
                continue;
            if (key != "file")
            {
                headers[key] = value;
                continue;
            }
            var asItIs = Text(name, lines, ref i, "--- as it is");
            var broken = Text(name, lines, ref i, "--- broken");
            edits.Add(
                new Edit(
                    value,
                    asItIs,
                    broken.Replace(Switch, $"global::Vibe.Hosting.Mutants.On(\"{name}\")", StringComparison.Ordinal)
                )
            );
        }
        string Need(string key) =>
            headers.GetValueOrDefault(key) ?? throw new FormatException($"{name}: there is no line \"{key}: …\".");
        if (!lines.Any(Asks))
            throw new FormatException($"{name}: nothing in it asks {Switch}.");
        return edits.Count == 0
            ? throw new FormatException($"{name}: nothing is changed.")
            : new Mutant(name, Need("rule"), Need("found by"), Need("why"), edits);
    }

    private static (string Key, string Value) Header(string name, string line)
    {
        if (string.IsNullOrWhiteSpace(line))
            return ("", "");
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            ? (line[..colon], line[(colon + 1)..].Trim())
            : throw new FormatException($"{name}: \"{line}\" is not a header.");
    }

    private static string Text(string name, IReadOnlyList<string> lines, ref int i, string mark)
    {
        if (i >= lines.Count || lines[i] != mark)
            throw new FormatException($"{name}: \"{mark}\" is missing.");
        var first = ++i;
        while (i < lines.Count && !lines[i].StartsWith("--- ", StringComparison.Ordinal) && !IsFile(lines[i]))
            i++;
        return string.Join('\n', lines.Skip(first).Take(i - first)).Trim('\n');
    }

    private static bool Asks(string line) =>
        line.Contains(Switch, StringComparison.Ordinal) || line.Contains(Pause, StringComparison.Ordinal);

    private static bool IsFile(string line) => line.StartsWith("file: ", StringComparison.Ordinal);
}

/// <summary>A place in a source file that a mutant changes.</summary>
internal sealed record Edit(string File, string AsItIs, string Broken);
