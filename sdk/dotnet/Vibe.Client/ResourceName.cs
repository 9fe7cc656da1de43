namespace Vibe.Client;

/// <summary>Reads and checks the names of resources.</summary>
internal static class ResourceName
{
    /// <summary>
    /// Checks an id as far as an address needs it: a slash would name something else. The rest is the server's to say.
    /// </summary>
    public static string CheckId(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return id.Contains('/') ? throw new ArgumentException("An id holds no '/'.", nameof(id)) : id;
    }

    public static string LastId(string name) => name[(name.LastIndexOf('/') + 1)..];

    /// <summary>The id of the space in a name; null when it is none.</summary>
    public static string? SpaceId(string name)
    {
        const string prefix = "spaces/";
        if (!name.StartsWith(prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var rest = name[prefix.Length..];
        var end = rest.IndexOf('/');
        return end < 0 ? rest : rest[..end];
    }
}
