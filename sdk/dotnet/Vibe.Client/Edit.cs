using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Vibe.Client;

/// <summary>
/// A change by paths: members that are set, however deep, and members that are removed. All others stay as they are.
/// It is a value; each method gives a new edit. The server takes up to 200 paths.
/// </summary>
public sealed class Edit
{
    private readonly ImmutableList<Step> _steps;

    /// <summary>Makes an edit that changes nothing yet.</summary>
    public Edit()
        : this([]) { }

    private Edit(ImmutableList<Step> steps) => _steps = steps;

    /// <summary>The pointers of the members that this edit changes, in the order in which they were named.</summary>
    public IReadOnlyList<string> Paths => [.. _steps.Select(step => step.Pointer)];

    /// <summary>
    /// Sets a member, and makes the objects on the way to it where they are missing. Arrays are replaced whole.
    /// </summary>
    /// <param name="pointer">
    /// A JSON Pointer, such as <c>/address/city</c>; <see cref="Client.Pointer.Of"/> makes those of odd names. The same
    /// pointer again takes the place of what was said before.
    /// </param>
    /// <param name="value">The new value, read now; null writes a JSON null.</param>
    /// <returns>The edit with this step.</returns>
    /// <exception cref="ArgumentException">It is no pointer, or lies within another one of this edit.</exception>
    public Edit Set(string pointer, object? value) => With(pointer, Json.ToNode(value), isRemoval: false);

    /// <summary>Sets a member, serialized by source-generated metadata.</summary>
    /// <typeparam name="TValue">The type of the value.</typeparam>
    /// <param name="pointer">A JSON Pointer, as in <see cref="Set(string, object?)"/>.</param>
    /// <param name="value">The new value, read now.</param>
    /// <param name="type">How to serialize it.</param>
    /// <returns>The edit with this step.</returns>
    /// <exception cref="ArgumentException">It is no pointer, or lies within another one of this edit.</exception>
    public Edit Set<TValue>(string pointer, TValue value, JsonTypeInfo<TValue> type) =>
        With(pointer, JsonSerializer.SerializeToNode(value, type), isRemoval: false);

    /// <summary>Removes a member. One that is not there stays away.</summary>
    /// <param name="pointer">A JSON Pointer, as in <see cref="Set(string, object?)"/>.</param>
    /// <returns>The edit with this step.</returns>
    /// <exception cref="ArgumentException">It is no pointer, or lies within another one of this edit.</exception>
    public Edit Remove(string pointer) => With(pointer, null, isRemoval: true);

    /// <summary>The object that holds the new values at their places.</summary>
    internal byte[] ToBody()
    {
        var body = new JsonObject();
        foreach (var step in _steps.Where(step => !step.IsRemoval))
        {
            var target = body;
            foreach (var name in step.Names[..^1])
            {
                if (target[name] is not JsonObject inner)
                {
                    target[name] = inner = [];
                }

                target = inner;
            }

            target[step.Names[^1]] = step.Value?.DeepClone();
        }

        return JsonSerializer.SerializeToUtf8Bytes(body, Json.WithNulls);
    }

    private Edit With(string pointer, JsonNode? value, bool isRemoval)
    {
        var names = Client.Pointer.Split(pointer);
        var steps = _steps.RemoveAll(step => step.Pointer == pointer);
        var overlapping = steps.Find(step => IsPrefix(step.Names, names) || IsPrefix(names, step.Names));
        if (overlapping is not null)
        {
            throw new ArgumentException($"'{pointer}' and '{overlapping.Pointer}' overlap.", nameof(pointer));
        }

        return new Edit(steps.Add(new Step(pointer, names, value, isRemoval)));
    }

    private static bool IsPrefix(string[] outer, string[] inner) =>
        outer.Length <= inner.Length && outer.AsSpan().SequenceEqual(inner.AsSpan(0, outer.Length));

    private sealed record Step(string Pointer, string[] Names, JsonNode? Value, bool IsRemoval);
}
