using System.Text;
using Vibe.Hosting.Json;

namespace Vibe.Data.Documents;

/// <summary>What an update changes: the members present in its body, all (<c>*</c>), or what paths name.</summary>
public sealed class UpdatePaths
{
    /// <summary>Paths that one update may have.</summary>
    public const int MaxPaths = 200;

    /// <summary>Segments that one path may have.</summary>
    public const int MaxSegments = 8;

    internal const string Field = "update_paths";

    private const string All = "*";

    private UpdatePaths(PathNode root) => Root = root;

    /// <summary>No paths: the top-level members present in the body are set.</summary>
    public static UpdatePaths MembersPresent { get; } = new(new PathNode());

    /// <summary>The single entry <c>*</c>: all members that the caller may update take the body's values.</summary>
    public static UpdatePaths Everything { get; } = new(new PathNode());

    /// <summary>The first segments of paths with more than one, ascending: these members must be readable.</summary>
    public IReadOnlyList<string> DeepFirstSegments =>
        [.. Root.Children.Where(child => !child.Value.IsEnd).Select(child => child.Key)];

    internal PathNode Root { get; }

    private bool IsExplicit => Root.Children.Count > 0;

    /// <summary>Reads the paths of a request.</summary>
    /// <exception cref="Hosting.Errors.VibeException">TOO_MANY_ITEMS or PATH_INVALID.</exception>
    public static UpdatePaths Parse(IReadOnlyList<string> paths, JsonLimits? limits = null)
    {
        switch (paths)
        {
            case { Count: 0 }:
                return MembersPresent;
            case { Count: > MaxPaths }:
                throw DocumentErrors.TooManyPaths(paths.Count, MaxPaths);
            case { Count: 1 } when paths[0] == All:
                return Everything;
        }

        var nameBytes = (limits ?? DocumentLimits.Default.Json).NameBytes;
        var root = new PathNode();
        foreach (var path in paths)
        {
            root.Add(path, SegmentsOf(path, nameBytes));
        }

        return new UpdatePaths(root);
    }

    /// <summary>The top-level members that an update with these values touches, in ascending order.</summary>
    public IReadOnlyList<string> TopLevelMembers(DocumentBody values) =>
        IsExplicit ? [.. Root.Children.Keys] : [.. values.Members.Select(member => member.Name)];

    /// <summary>Checks that paths cover every member of the values.</summary>
    /// <exception cref="Hosting.Errors.VibeException">PATH_INVALID.</exception>
    public void CheckCovers(DocumentBody values)
    {
        if (IsExplicit)
        {
            Root.CheckCovers(values, "");
        }
    }

    private static string[] SegmentsOf(string path, int nameBytes)
    {
        if (path == All)
        {
            throw DocumentErrors.PathInvalid(path, "stands alone or not at all");
        }

        if (path.Length == 0 || !JsonPointer.TryParse(path, out var segments))
        {
            throw DocumentErrors.PathInvalid(path, "is no JSON Pointer to a member");
        }

        if (segments.Length > MaxSegments)
        {
            throw DocumentErrors.PathInvalid(path, $"has more than {MaxSegments} segments");
        }

        if (Array.Exists(segments, segment => !CanName(segment, nameBytes)))
        {
            throw DocumentErrors.PathInvalid(path, "names what no member can be called");
        }

        return segments;
    }

    private static bool CanName(string segment, int nameBytes) =>
        Encoding.UTF8.GetByteCount(segment) <= nameBytes && !segment.Contains('\0') && IsWellFormed(segment);

    private static bool IsWellFormed(string text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            if (char.IsSurrogate(text[at]) && !(at + 1 < text.Length && char.IsSurrogatePair(text[at], text[++at])))
            {
                return false;
            }
        }

        return true;
    }
}
