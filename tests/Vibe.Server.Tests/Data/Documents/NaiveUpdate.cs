using System.Text.Json.Nodes;
using Vibe.Errors.V1;

namespace Vibe.Server.Tests.Data.Documents;

/// <summary>Updates as the contract words them, path by path; the outcome is canonical text or a reason.</summary>
internal static class NaiveUpdate
{
    public static string MembersPresent(JsonObject current, JsonObject values)
    {
        var result = (JsonObject)current.DeepClone();
        foreach (var (name, value) in values)
        {
            result[name] = value?.DeepClone();
        }

        return JsonOracle.Canonical(result);
    }

    public static string Everything(JsonObject current, JsonObject values, Func<string, bool> mayUpdate)
    {
        var result = (JsonObject)current.DeepClone();
        foreach (var (name, _) in current.Where(member => mayUpdate(member.Key)))
        {
            result.Remove(name);
        }

        foreach (var (name, value) in values.Where(member => mayUpdate(member.Key)))
        {
            result[name] = value?.DeepClone();
        }

        return JsonOracle.Canonical(result);
    }

    public static string Paths(JsonObject current, JsonObject values, IReadOnlyList<string[]> paths)
    {
        if (!Covered(values, paths, 0))
        {
            return nameof(ErrorReason.PathInvalid);
        }

        var result = (JsonObject)current.DeepClone();
        foreach (var path in paths)
        {
            var isSet = Find(values, path, out var value);
            var place = result;
            for (var i = 0; i < path.Length - 1 && place is not null; i++)
            {
                if (!place.ContainsKey(path[i]))
                {
                    if (!isSet)
                    {
                        place = null;
                        break;
                    }

                    place[path[i]] = new JsonObject();
                }

                if (place[path[i]] is not JsonObject next)
                {
                    return nameof(ErrorReason.MemberNotObject);
                }

                place = next;
            }

            if (isSet)
            {
                place![path[^1]] = value?.DeepClone();
            }
            else
            {
                place?.Remove(path[^1]);
            }
        }

        return JsonOracle.Canonical(result);
    }

    public static IReadOnlyList<string[]> WithoutOverlap(IEnumerable<string[]> paths)
    {
        var kept = new List<string[]>();
        foreach (var path in paths)
        {
            if (!kept.Exists(other => StartsWith(path, other) || StartsWith(other, path)))
            {
                kept.Add(path);
            }
        }

        return kept;
    }

    public static void CutToCovered(JsonObject values, IReadOnlyList<string[]> paths, int level)
    {
        foreach (var (name, value) in values.ToArray())
        {
            var through = paths.Where(path => path.Length > level && path[level] == name).ToArray();
            if (Array.Exists(through, path => path.Length == level + 1))
            {
                continue;
            }

            if (through.Length > 0 && value is JsonObject inside)
            {
                CutToCovered(inside, through, level + 1);
            }
            else
            {
                values.Remove(name);
            }
        }
    }

    private static bool Covered(JsonObject values, IReadOnlyList<string[]> paths, int level) =>
        values.All(member =>
        {
            var through = paths.Where(path => path.Length > level && path[level] == member.Key).ToArray();
            return Array.Exists(through, path => path.Length == level + 1)
                || (through.Length > 0 && member.Value is JsonObject inside && Covered(inside, through, level + 1));
        });

    private static bool Find(JsonObject values, string[] path, out JsonNode? value)
    {
        value = values;
        foreach (var segment in path)
        {
            if (value is not JsonObject inside || !inside.TryGetPropertyValue(segment, out value))
            {
                return false;
            }
        }

        return true;
    }

    private static bool StartsWith(string[] path, string[] start) => path.AsSpan().StartsWith(start);
}
