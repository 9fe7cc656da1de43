namespace Vibe.Storage.Sessions;

/// <summary>
/// Lists of values for <c>IN</c>. They come in few lengths, because each length is a statement of its own to prepare.
/// </summary>
public static class ValueLists
{
    private static readonly int[] Lengths = [1, 8, 32, 128];

    /// <summary>Makes lists that together hold all values, a value more than once at the end of a list.</summary>
    /// <param name="name">What the parameters' names begin with.</param>
    /// <param name="values">The values.</param>
    public static IEnumerable<(string Sql, Value[] Values)> Of(string name, IReadOnlyCollection<string> values)
    {
        foreach (var some in values.Chunk(Lengths[^1]))
        {
            var length = Lengths.First(length => length >= some.Length);
            var parameters = new Value[length];
            for (var index = 0; index < length; index++)
                parameters[index] = ($"{name}{index}", some[Math.Min(index, some.Length - 1)]);
            yield return ($"({string.Join(", ", parameters.Select(parameter => parameter.Name))})", parameters);
        }
    }
}
