namespace Vibe.Data.Documents;

/// <summary>A top-level member of a document, as a slice of its canonical JSON.</summary>
public readonly struct Member
{
    private readonly int _valueStart;

    internal Member(string name, ReadOnlyMemory<byte> entry, int valueStart, int values)
    {
        Name = name;
        Entry = entry;
        Values = values;
        _valueStart = valueStart;
    }

    /// <summary>The name, without escapes.</summary>
    public string Name { get; }

    /// <summary>The value as canonical JSON.</summary>
    public ReadOnlyMemory<byte> Value => Entry[_valueStart..];

    /// <summary>The member itself, and all members and array elements within it.</summary>
    public int Values { get; }

    /// <summary>Name, colon and value.</summary>
    internal ReadOnlyMemory<byte> Entry { get; }

    internal bool IsObject => Entry.Span[_valueStart] == '{';

    /// <summary>The same member with an object of these members as its value.</summary>
    internal Member With(DocumentBody value)
    {
        var entry = new byte[_valueStart + value.Size];
        Entry.Span[.._valueStart].CopyTo(entry);
        value.CopyTo(entry.AsSpan(_valueStart));
        return new Member(Name, entry, _valueStart, 1 + value.Values);
    }
}
