namespace Vibe.Proof.Mutants;

/// <summary>
/// Writes the source files that mutants change, with all mutants in them as switches, to a folder that the build for the
/// proof takes them from. The source of the server itself knows nothing of mutants.
/// </summary>
internal static class Weaving
{
    private const string Switches = """
        namespace Vibe.Hosting;

        /// <summary>Which mutant is on. This file exists in the build for the proof alone.</summary>
        public static class Mutants
        {
            public static string? Active { get; set; } = System.Environment.GetEnvironmentVariable("VIBE_MUTANT");

            public static bool On(string name) => Active == name;
        }

        /// <summary>What is called at the named places where a pause is woven in, and where a signal passes.</summary>
        public static class Pauses
        {
            private static readonly System.Threading.AsyncLocal<string?> Operation = new();

            public static System.Func<string?, string, System.Threading.Tasks.Task>? Hook { get; set; }

            public static System.Action<System.Action>? SignalHook { get; set; }

            public static void Begin(string? operation) => Operation.Value = operation;

            public static System.Threading.Tasks.Task AtAsync(string place) =>
                Hook?.Invoke(Operation.Value, place) ?? System.Threading.Tasks.Task.CompletedTask;

            public static void Signal(System.Action deliver)
            {
                if (SignalHook is { } hook)
                    hook(deliver);
                else
                    deliver();
            }
        }
        """;

    private const string Points = """
        namespace Vibe.Hosting;

        /// <summary>Ends the process at a point, when it is passed for the n-th time. This file exists in the build for the proof alone.</summary>
        public static class KillPoints
        {
            private static readonly string[] At = (System.Environment.GetEnvironmentVariable("VIBE_KILL_AT") ?? ":0").Split(':');
            private static int _left = int.Parse(At[1], System.Globalization.CultureInfo.InvariantCulture);

            public static void Pass(string name)
            {
                if (At[0] != name || System.Threading.Interlocked.Decrement(ref _left) != 0)
                    return;
                System.Diagnostics.Process.GetCurrentProcess().Kill();
                System.Threading.Thread.Sleep(System.Threading.Timeout.Infinite);
            }
        }
        """;

    /// <summary>Weaves mutants and points into copies of the files that they change, and says which files those are.</summary>
    /// <param name="root">The folder of the whole source.</param>
    /// <param name="mutants">The mutants, and the pauses.</param>
    /// <param name="points">The points at which a process can be made to end.</param>
    /// <exception cref="FormatException">A text is not there exactly once, or two mutants want the same text.</exception>
    public static IReadOnlyDictionary<string, string> Weave(
        string root,
        IEnumerable<Mutant> mutants,
        params IEnumerable<KillPoint> points
    )
    {
        var woven = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["server/Vibe.Hosting/Mutants.cs"] = Switches,
            ["server/Vibe.Hosting/KillPoints.cs"] = Points,
        };
        var edits = mutants
            .SelectMany(mutant => mutant.Edits.Select(edit => (Mutant: mutant.Name, Edit: edit)))
            .Concat(points.Select(point => (Mutant: point.Name, point.Edit)));
        foreach (var file in edits.GroupBy(each => each.Edit.File))
        {
            var source = File.ReadAllText(Path.Combine(root, file.Key)).ReplaceLineEndings("\n");
            var places = file.Select(each => (each.Mutant, each.Edit, At: Place(source, each.Edit, each.Mutant)))
                .OrderByDescending(each => each.At)
                .ToList();
            foreach (var (later, earlier) in places.Zip(places.Skip(1)))
            {
                if (earlier.At + earlier.Edit.AsItIs.Length > later.At)
                    throw new FormatException(
                        $"{earlier.Mutant} and {later.Mutant} change the same text of {file.Key}."
                    );
            }
            foreach (var (_, edit, at) in places)
                source = source[..at] + edit.Broken + source[(at + edit.AsItIs.Length)..];
            woven[file.Key] = source;
        }
        return woven;
    }

    /// <summary>Weaves into a folder, and leaves files alone that are as they should be, so that builds stay short.</summary>
    public static void Write(
        string root,
        string folder,
        IEnumerable<Mutant> mutants,
        params IEnumerable<KillPoint> points
    )
    {
        var woven = Weave(root, mutants, points);
        var wanted = woven.ToDictionary(file => Path.GetFullPath(Path.Combine(folder, file.Key)), file => file.Value);
        Directory.CreateDirectory(folder);
        foreach (var old in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
        {
            if (!wanted.ContainsKey(old))
                File.Delete(old);
        }
        foreach (var (path, text) in wanted)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            if (!File.Exists(path) || File.ReadAllText(path) != text)
                File.WriteAllText(path, text);
        }
    }

    private static int Place(string source, Edit edit, string mutant)
    {
        var at = source.IndexOf(edit.AsItIs, StringComparison.Ordinal);
        if (at < 0 || source.IndexOf(edit.AsItIs, at + 1, StringComparison.Ordinal) >= 0)
            throw new FormatException(
                $"{mutant}: its text stands {(at < 0 ? "nowhere" : "more than once")} in {edit.File}:\n{edit.AsItIs}"
            );
        return at;
    }
}
