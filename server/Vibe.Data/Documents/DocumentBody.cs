using System.Buffers;
using Google.Protobuf.WellKnownTypes;
using Vibe.Hosting.Json;

namespace Vibe.Data.Documents;

/// <summary>
/// The content of a document: a JSON object in canonical form, kept as slices of it, one for each top-level member.
/// Members are what grants name and what stamps follow, so a body can be cut down to some without being read again.
/// </summary>
public sealed class DocumentBody : IEquatable<DocumentBody>
{
    private readonly Member[] _members;

    private DocumentBody(Member[] members)
    {
        _members = members;
        Size = 2 + Math.Max(0, members.Length - 1);
        foreach (var member in members)
        {
            Size += member.Entry.Length;
            Values += member.Values;
        }
    }

    /// <summary>The object without members.</summary>
    public static DocumentBody Empty { get; } = new([]);

    /// <summary>The top-level members, in the order of their names by UTF-16 code units.</summary>
    public IReadOnlyList<Member> Members => _members;

    /// <summary>The length of the canonical JSON in bytes.</summary>
    public int Size { get; }

    /// <summary>Members and array elements over all levels.</summary>
    public int Values { get; }

    /// <summary>Reads JSON text from outside.</summary>
    /// <exception cref="Hosting.Errors.VibeException">One of <see cref="JsonErrors"/>.</exception>
    public static DocumentBody FromJson(ReadOnlySpan<byte> utf8, JsonLimits? limits = null)
    {
        var canonical = StrictJson.Canonicalize(utf8, limits ?? DocumentLimits.Default.Json).Bytes;
        return canonical[0] == '{'
            ? FromStored(canonical)
            : throw JsonErrors.Syntax("", "is a document and must be an object");
    }

    /// <summary>Reads a structured value from outside.</summary>
    /// <exception cref="Hosting.Errors.VibeException">One of <see cref="JsonErrors"/>.</exception>
    public static DocumentBody FromStruct(Struct value, JsonLimits? limits = null) =>
        FromStored(StrictJson.Canonicalize(value, limits ?? DocumentLimits.Default.Json).Bytes);

    /// <summary>Takes canonical JSON that this type wrote, and trusts it. The memory must stay as it is.</summary>
    public static DocumentBody FromStored(ReadOnlyMemory<byte> canonical) => new(CanonicalObject.Split(canonical));

    /// <summary>Cuts canonical JSON that this type wrote down to those top-level members whose names are admitted.</summary>
    public static byte[] Project(ReadOnlySpan<byte> canonical, Func<string, bool> admits) =>
        CanonicalObject.Project(canonical, admits);

    /// <summary>Finds a top-level member.</summary>
    public bool TryGet(string name, out Member member)
    {
        var low = 0;
        var high = _members.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = string.CompareOrdinal(_members[middle].Name, name);
            if (order == 0)
            {
                member = _members[middle];
                return true;
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        member = default;
        return false;
    }

    /// <summary>The body with those top-level members alone whose names are admitted.</summary>
    public DocumentBody Project(Func<string, bool> admits)
    {
        var kept = Array.FindAll(_members, member => admits(member.Name));
        return kept.Length == _members.Length ? this : new DocumentBody(kept);
    }

    /// <summary>The canonical JSON.</summary>
    public byte[] ToArray()
    {
        var json = new byte[Size];
        CopyTo(json);
        return json;
    }

    /// <summary>Writes the canonical JSON.</summary>
    public void WriteTo(IBufferWriter<byte> target)
    {
        CopyTo(target.GetSpan(Size));
        target.Advance(Size);
    }

    /// <summary>The content as a structured value.</summary>
    public Struct ToStruct()
    {
        var value = new Struct();
        foreach (var member in _members)
        {
            value.Fields.Add(member.Name, StructValues.Read(member.Value.Span));
        }

        return value;
    }

    /// <summary>Whether both have the same canonical JSON.</summary>
    public bool Equals(DocumentBody? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        if (other is null || other.Size != Size || other._members.Length != _members.Length)
        {
            return false;
        }

        for (var i = 0; i < _members.Length; i++)
        {
            if (!_members[i].Entry.Span.SequenceEqual(other._members[i].Entry.Span))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DocumentBody);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var member in _members)
        {
            hash.AddBytes(member.Entry.Span);
        }

        return hash.ToHashCode();
    }

    internal static DocumentBody Of(Member[] sorted) => sorted.Length == 0 ? Empty : new DocumentBody(sorted);

    internal void CopyTo(Span<byte> target)
    {
        var at = 0;
        target[at++] = (byte)'{';
        for (var i = 0; i < _members.Length; i++)
        {
            if (i > 0)
            {
                target[at++] = (byte)',';
            }

            _members[i].Entry.Span.CopyTo(target[at..]);
            at += _members[i].Entry.Length;
        }

        target[at] = (byte)'}';
    }
}
