using Wire = Vibe.Access.V1;

namespace Vibe.Client;

/// <summary>
/// Who, besides the owner of the space, may do what with one document. Whom a denying rule covers is refused,
/// whatever else allows it; whom no allowing rule covers is refused too. The owner can do everything and is named in
/// no list. Nobody can give what they do not have themselves.
/// </summary>
public sealed class Acl
{
    /// <summary>The list that leaves access to the owner alone.</summary>
    public static Acl OwnerOnly { get; } = new();

    /// <summary>The rules that allow; at most 1,000 people in all.</summary>
    public IReadOnlyList<AclRule> Allow { get; init; } = [];

    /// <summary>The rules that deny; at most 1,000 people in all.</summary>
    public IReadOnlyList<AclRule> Deny { get; init; } = [];

    internal static Acl? From(Wire.Acl? acl) =>
        acl is null
            ? null
            : new Acl { Allow = [.. acl.Allow.Select(AclRule.From)], Deny = [.. acl.Deny.Select(AclRule.From)] };

    internal Wire.Acl ToWire() =>
        new() { Allow = { Allow.Select(rule => rule.ToWire()) }, Deny = { Deny.Select(rule => rule.ToWire()) } };
}
