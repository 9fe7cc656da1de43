using Wire = Vibe.Access.V1;

namespace Vibe.Client;

/// <summary>Covers some people for some operations, in an <see cref="Acl"/>.</summary>
public sealed class AclRule
{
    /// <summary>Makes a rule.</summary>
    /// <param name="people">The people by their DIDs, at least one.</param>
    /// <param name="operations">The operations, at least one; <see cref="Operation.Create"/> is refused.</param>
    public AclRule(IEnumerable<string> people, IEnumerable<Operation> operations)
    {
        ArgumentNullException.ThrowIfNull(people);
        ArgumentNullException.ThrowIfNull(operations);
        People = [.. people];
        Operations = [.. operations];
    }

    /// <summary>The people by their DIDs.</summary>
    public IReadOnlyList<string> People { get; }

    /// <summary>The operations.</summary>
    public IReadOnlyList<Operation> Operations { get; }

    internal static AclRule From(Wire.AclRule rule) =>
        new(rule.People, rule.Operations.Select(operation => (Operation)operation));

    internal Wire.AclRule ToWire() =>
        new() { People = { People }, Operations = { Operations.Select(operation => (Wire.Operation)operation) } };
}
