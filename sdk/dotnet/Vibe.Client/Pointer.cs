using System.Text;

namespace Vibe.Client;

/// <summary>Makes JSON Pointers (RFC 6901) of member names that need escaping.</summary>
public static class Pointer
{
    /// <summary>Makes the pointer to a member: <c>Pointer.Of("a/b", "c")</c> is <c>/a~1b/c</c>.</summary>
    /// <param name="names">
    /// The names on the way to the member, from the outermost; at least one. The server takes up to 8.
    /// </param>
    /// <returns>The pointer.</returns>
    /// <exception cref="ArgumentException">No name is given.</exception>
    public static string Of(params ReadOnlySpan<string> names)
    {
        if (names.IsEmpty)
        {
            throw new ArgumentException("A pointer needs at least one name.", nameof(names));
        }

        var pointer = new StringBuilder();
        foreach (var name in names)
        {
            pointer.Append('/').Append(name.Replace("~", "~0").Replace("/", "~1"));
        }

        return pointer.ToString();
    }

    internal static string[] Split(string pointer)
    {
        ArgumentNullException.ThrowIfNull(pointer);
        if (!pointer.StartsWith('/'))
        {
            throw new ArgumentException($"'{pointer}' is no JSON Pointer: it must begin with '/'.", nameof(pointer));
        }

        var names = pointer[1..].Split('/');
        for (var i = 0; i < names.Length; i++)
        {
            if (names[i].Replace("~0", "").Replace("~1", "").Contains('~'))
            {
                throw new ArgumentException($"'{pointer}' is no JSON Pointer: '~' is written '~0'.", nameof(pointer));
            }

            // In this order: "~01" is the name "~1".
            names[i] = names[i].Replace("~1", "/").Replace("~0", "~");
        }

        return names;
    }
}
