using Vibe.Hosting.Json;

namespace Vibe.Data.Documents;

/// <summary>
/// Carries out an update on a body. Values keep their places, so what fits the limits on depth and names in the values
/// and in the body fits them in the result.
/// </summary>
public static class DocumentUpdate
{
    /// <summary>The body after an update; <paramref name="mayUpdate"/> bounds what <c>*</c> takes in.</summary>
    /// <exception cref="Hosting.Errors.VibeException">PATH_INVALID or MEMBER_NOT_OBJECT.</exception>
    public static DocumentBody Apply(
        DocumentBody current,
        DocumentBody values,
        UpdatePaths paths,
        Func<string, bool> mayUpdate
    )
    {
        if (paths == UpdatePaths.Everything)
        {
            return Merge(current, values, (name, old, value) => mayUpdate(name) ? value : old);
        }

        if (paths == UpdatePaths.MembersPresent)
        {
            return Merge(current, values, (_, old, value) => value ?? old);
        }

        paths.CheckCovers(values);
        return Apply(current, values, paths.Root, "");
    }

    private static DocumentBody Apply(DocumentBody current, DocumentBody values, PathNode node, string at)
    {
        // What no path names is not in the values either, so merging visits every place that is set or removed; an
        // object on the way that the values lack still has removals within it.
        return Merge(
            current,
            values,
            (name, old, value) =>
            {
                if (!node.Children.TryGetValue(name, out var child))
                {
                    return old;
                }

                return child.IsEnd ? value : Descend(old, value, child, JsonPointer.Append(at, name));
            }
        );
    }

    private static Member? Descend(Member? old, Member? value, PathNode node, string at)
    {
        if (old is { IsObject: false })
        {
            throw DocumentErrors.MemberNotObject(at);
        }

        var inside = old is { } present ? DocumentBody.FromStored(present.Value) : DocumentBody.Empty;
        var given = value is { } set ? DocumentBody.FromStored(set.Value) : DocumentBody.Empty;
        var result = Apply(inside, given, node, at);

        return old is null && result.Values == 0 ? null : (old ?? value)!.Value.With(result);
    }

    /// <summary>Goes through the members of both in the order of names, and keeps what is decided for each.</summary>
    private static DocumentBody Merge(
        DocumentBody current,
        DocumentBody values,
        Func<string, Member?, Member?, Member?> decide
    )
    {
        var merged = new List<Member>(current.Members.Count + values.Members.Count);
        var (i, j) = (0, 0);
        while (i < current.Members.Count || j < values.Members.Count)
        {
            Member? old = i < current.Members.Count ? current.Members[i] : null;
            Member? value = j < values.Members.Count ? values.Members[j] : null;
            var order =
                old is null ? 1
                : value is null ? -1
                : string.CompareOrdinal(old.Value.Name, value.Value.Name);
            old = order > 0 ? null : old;
            value = order < 0 ? null : value;
            i += old is null ? 0 : 1;
            j += value is null ? 0 : 1;

            if (decide((old ?? value)!.Value.Name, old, value) is { } kept)
            {
                merged.Add(kept);
            }
        }

        return DocumentBody.Of([.. merged]);
    }
}
