using Vibe.Hosting.Json;

namespace Vibe.Data.Documents;

/// <summary>Update paths as a tree, so that each object on the way is taken apart once.</summary>
internal sealed class PathNode
{
    public SortedDictionary<string, PathNode> Children { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether a path ends here.</summary>
    public bool IsEnd { get; private set; }

    public void Add(string path, ReadOnlySpan<string> segments)
    {
        var node = this;
        foreach (var segment in segments)
        {
            if (node.IsEnd)
            {
                throw DocumentErrors.PathInvalid(path, "lies within another");
            }

            if (!node.Children.TryGetValue(segment, out var child))
            {
                child = new PathNode();
                node.Children.Add(segment, child);
            }

            node = child;
        }

        if (node.IsEnd || node.Children.Count > 0)
        {
            throw DocumentErrors.PathInvalid(path, node.IsEnd ? "is there twice" : "holds another within it");
        }

        node.IsEnd = true;
    }

    public void CheckCovers(DocumentBody values, string at)
    {
        foreach (var member in values.Members)
        {
            var path = JsonPointer.Append(at, member.Name);
            if (!Children.TryGetValue(member.Name, out var child) || (!child.IsEnd && !member.IsObject))
            {
                throw DocumentErrors.NotCovered(path);
            }

            if (!child.IsEnd)
            {
                child.CheckCovers(DocumentBody.FromStored(member.Value), path);
            }
        }
    }
}
