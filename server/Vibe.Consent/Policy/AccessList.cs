using System.Collections.Immutable;
using Google.Protobuf;
using Vibe.Access.V1;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Storage.Spaces;

namespace Vibe.Consent.Policy;

/// <summary>
/// Who, besides the owner, may do what with one document. Denying wins, and who is not named is not allowed. It is kept
/// in one form, so that equal lists have equal bytes.
/// </summary>
public sealed class AccessList : IEquatable<AccessList>
{
    /// <summary>The list that names nobody.</summary>
    public static readonly AccessList Empty = new(new Acl(), [], []);

    private readonly Acl _acl;
    private readonly ImmutableDictionary<string, Operations> _allow;
    private readonly ImmutableDictionary<string, Operations> _deny;
    private readonly byte[] _bytes;

    private AccessList(
        Acl acl,
        ImmutableDictionary<string, Operations> allow,
        ImmutableDictionary<string, Operations> deny
    )
    {
        _acl = acl;
        _allow = allow;
        _deny = deny;
        _bytes = acl.ToByteArray();
    }

    /// <summary>Whether nobody is named.</summary>
    public bool IsEmpty => _allow.IsEmpty && _deny.IsEmpty;

    /// <summary>How many rules the list has.</summary>
    public int RuleCount => _acl.Allow.Count + _acl.Deny.Count;

    /// <summary>Everybody whom the list names.</summary>
    public IEnumerable<string> People => _allow.Keys.Union(_deny.Keys);

    /// <summary>The list in its stored form.</summary>
    public byte[] Bytes => _bytes;

    /// <summary>Takes a list from a request.</summary>
    /// <param name="acl">The list as it came.</param>
    /// <param name="space">The space of the document.</param>
    /// <param name="maxPeople">How many people it may name on either side.</param>
    /// <param name="field">Where in the request it stands.</param>
    /// <exception cref="VibeException">FIELD_INVALID, TOO_MANY_ITEMS.</exception>
    public static AccessList FromWire(Acl? acl, SpaceName space, int maxPeople, string field = "acl")
    {
        if (acl is null)
            return Empty;
        return Build(
            Side(acl.Allow, space, maxPeople, $"{field}.allow"),
            Side(acl.Deny, space, maxPeople, $"{field}.deny")
        );
    }

    /// <summary>Reads a list as it was stored.</summary>
    public static AccessList FromStored(byte[]? bytes)
    {
        if (bytes is null or [])
            return Empty;
        var acl = Acl.Parser.ParseFrom(bytes);
        return new AccessList(acl, Sum(acl.Allow), Sum(acl.Deny));
    }

    /// <summary>Gives the list as answers carry it.</summary>
    public Acl ToWire() => _acl.Clone();

    /// <summary>What the list allows a person.</summary>
    public Operations Allowed(string person) => _allow.GetValueOrDefault(person) & ~_deny.GetValueOrDefault(person);

    /// <inheritdoc />
    public bool Equals(AccessList? other) => other is not null && _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as AccessList);

    /// <inheritdoc />
    public override int GetHashCode() => _bytes.Length;

    private static AccessList Build(
        ImmutableDictionary<string, Operations> allow,
        ImmutableDictionary<string, Operations> deny
    )
    {
        var acl = new Acl();
        acl.Allow.Add(Rules(allow));
        acl.Deny.Add(Rules(deny));
        return new AccessList(acl, allow, deny);
    }

    private static ImmutableDictionary<string, Operations> Side(
        IEnumerable<AclRule> rules,
        SpaceName space,
        int maxPeople,
        string field
    )
    {
        var people = 0;
        var sum = Sum(
            rules.Select(
                (rule, index) =>
                {
                    people += rule.People.Count;
                    Check(rule, space, $"{field}[{index}]");
                    return rule;
                }
            )
        );
        return people <= maxPeople ? sum : throw CallErrors.TooManyItems(field, people, maxPeople);
    }

    private static void Check(AclRule rule, SpaceName space, string field)
    {
        if (rule.People.Count == 0)
            throw CallErrors.FieldInvalid($"{field}.people", "name at least one person.");
        if (rule.Operations.Count == 0)
            throw CallErrors.FieldInvalid($"{field}.operations", "name at least one operation.");
        if (rule.Operations.Any(operation => !OperationSets.Known.Contains(operation) || operation == Operation.Create))
            throw CallErrors.FieldInvalid($"{field}.operations", "expected READ, UPDATE, DELETE or SHARE.");
        foreach (var person in rule.People)
        {
            if (
                !person.StartsWith(Caller.DidPrefix, StringComparison.Ordinal)
                || !Ids.IsId(person[Caller.DidPrefix.Length..])
            )
                throw CallErrors.FieldInvalid($"{field}.people", "expected DIDs of people, 'did:vibe:…'.");
            if (person == space.Owner)
                throw CallErrors.FieldInvalid(
                    $"{field}.people",
                    "the owner can do everything and is named in no list."
                );
        }
    }

    private static ImmutableDictionary<string, Operations> Sum(IEnumerable<AclRule> rules)
    {
        var sum = ImmutableDictionary.CreateBuilder<string, Operations>(StringComparer.Ordinal);
        foreach (var rule in rules)
        {
            var operations = rule.Operations.Union();
            foreach (var person in rule.People)
                sum[person] = sum.GetValueOrDefault(person) | operations;
        }
        return sum.ToImmutable();
    }

    private static IEnumerable<AclRule> Rules(ImmutableDictionary<string, Operations> people) =>
        people
            .GroupBy(entry => entry.Value, entry => entry.Key)
            .OrderBy(group => group.Key)
            .Select(group =>
            {
                var rule = new AclRule();
                rule.People.Add(group.Order(StringComparer.Ordinal));
                rule.Operations.Add(group.Key.List());
                return rule;
            });
}
