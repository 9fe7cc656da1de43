using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Vibe.Consent.Policy;

/// <summary>Some top-level members of documents: a list of names, or all names but some.</summary>
public sealed class MemberSet
{
    /// <summary>No member at all.</summary>
    public static readonly MemberSet None = new(false, []);

    /// <summary>Every member, present and future.</summary>
    public static readonly MemberSet All = new(true, []);

    private readonly bool _inverted;
    private readonly ImmutableHashSet<string> _names;
    private FrozenSet<string>? _frozen;

    private MemberSet(bool inverted, ImmutableHashSet<string> names)
    {
        _inverted = inverted;
        _names = names;
    }

    /// <summary>Whether it holds every member, without an exception.</summary>
    public bool IsAll => _inverted && _names.IsEmpty;

    /// <summary>Whether it holds no member.</summary>
    public bool IsNone => !_inverted && _names.IsEmpty;

    /// <summary>The members of these names and no others.</summary>
    public static MemberSet Of(IEnumerable<string> names) =>
        new(false, names.ToImmutableHashSet(StringComparer.Ordinal));

    /// <summary>Whether it holds a member.</summary>
    public bool Contains(string name) =>
        (_frozen ??= _names.ToFrozenSet(StringComparer.Ordinal)).Contains(name) != _inverted;

    /// <summary>What is in one or the other.</summary>
    public MemberSet Union(MemberSet other) =>
        (_inverted, other._inverted) switch
        {
            (false, false) => new(false, _names.Union(other._names)),
            (true, true) => new(true, _names.Intersect(other._names)),
            (true, false) => new(true, _names.Except(other._names)),
            (false, true) => new(true, other._names.Except(_names)),
        };

    /// <summary>What is in both.</summary>
    public MemberSet Intersect(MemberSet other) => Complement().Union(other.Complement()).Complement();

    /// <summary>What is in this and not in the other.</summary>
    public MemberSet Except(MemberSet other) => Intersect(other.Complement());

    /// <summary>Adds what tells this set from others to a digest.</summary>
    internal void AppendTo(IncrementalHash hash)
    {
        hash.AppendData([_inverted ? (byte)1 : (byte)0]);
        foreach (var name in _names.Order(StringComparer.Ordinal))
        {
            var bytes = Encoding.UTF8.GetBytes(name);
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }
    }

    private MemberSet Complement() => new(!_inverted, _names);
}
