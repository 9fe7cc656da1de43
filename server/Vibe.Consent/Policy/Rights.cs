using Vibe.Access.V1;
using Vibe.Consent.V1;

namespace Vibe.Consent.Policy;

/// <summary>What a grant and the manifests behind it leave over for one collection. A pure function of them.</summary>
internal sealed record Rights(
    Operations Operations,
    MemberSet Read,
    MemberSet Create,
    MemberSet Update,
    DateTimeOffset ValidUntil
)
{
    /// <summary>The owner in a first-party session.</summary>
    public static readonly Rights Owner = new(
        Operations.Read | Operations.Create | Operations.Update | Operations.Delete | Operations.Share,
        MemberSet.All,
        MemberSet.All,
        MemberSet.All,
        DateTimeOffset.MaxValue
    );

    /// <summary>A person in a first-party session before another person's documents; the lists decide the rest.</summary>
    public static readonly Rights Visitor = Owner with
    {
        Operations = Owner.Operations & ~Operations.Create,
        Create = MemberSet.None,
    };

    /// <summary>
    /// Compiles: allowing entries ∩ the manifest that the grant quotes ∩ the present manifest, less the denying entries. What
    /// any of them does not name is absent.
    /// </summary>
    /// <param name="collection">The id of the collection.</param>
    /// <param name="isHome">Whether it lies in the space of the person that granted.</param>
    /// <param name="access">The entries of the grant.</param>
    /// <param name="quoted">The manifest that the person was shown.</param>
    /// <param name="present">The manifest as it is now.</param>
    /// <param name="validUntil">When the grant ends.</param>
    public static Rights Compile(
        string collection,
        bool isHome,
        IEnumerable<GrantedAccess> access,
        Manifest quoted,
        Manifest present,
        DateTimeOffset validUntil
    )
    {
        var entries = access.Where(entry => entry.Collection == collection).ToList();
        var allow = entries
            .Where(entry => entry.Mode == AccessMode.Always && (isHome || entry.IncludeShared))
            .Select(entry => new Claim(entry.Operations, entry.Fields))
            .ToList();
        var deny = entries
            .Where(entry => entry.Mode == AccessMode.Never)
            .Select(entry => new Claim(entry.Operations, entry.Fields))
            .ToList();
        var ceilings = new[] { quoted, present }
            .Select(manifest =>
                manifest
                    .Access.Where(asked => asked.Collection == collection && (isHome || asked.IncludeShared))
                    .Select(asked => new Claim(asked.Operations, asked.Fields))
                    .ToList()
            )
            .ToArray();

        var operations = Operations.None;
        var members = new Dictionary<Operation, MemberSet>();
        foreach (var operation in OperationSets.Known)
        {
            if (deny.Any(claim => claim.DeniesWhole(operation)))
                continue;
            if (!Names(allow, operation) || !ceilings.All(ceiling => Names(ceiling, operation)))
                continue;
            if (!HasMembers(operation))
            {
                operations |= operation.Only();
                continue;
            }
            var left = ceilings.Aggregate(
                Sum(allow, operation),
                (set, ceiling) => set.Intersect(Sum(ceiling, operation))
            );
            left = left.Except(Sum(deny, operation));
            if (left.IsNone)
                continue;
            operations |= operation.Only();
            members[operation] = left;
        }
        return new Rights(
            operations,
            members.GetValueOrDefault(Operation.Read, MemberSet.None),
            members.GetValueOrDefault(Operation.Create, MemberSet.None),
            members.GetValueOrDefault(Operation.Update, MemberSet.None),
            validUntil
        );
    }

    /// <summary>Whether an operation is granted member by member; the others take the whole document.</summary>
    public static bool HasMembers(Operation operation) =>
        operation is Operation.Read or Operation.Create or Operation.Update;

    private static bool Names(List<Claim> claims, Operation operation) =>
        claims.Any(claim => claim.Operations.Contains(operation));

    private static MemberSet Sum(List<Claim> claims, Operation operation) =>
        claims
            .Where(claim => claim.Operations.Contains(operation))
            .Aggregate(MemberSet.None, (set, claim) => set.Union(MemberPointers.Read(claim.Fields)));

    private sealed record Claim(IReadOnlyList<Operation> Operations, IReadOnlyList<string> Fields)
    {
        public bool DeniesWhole(Operation operation) =>
            Operations.Contains(operation) && (!HasMembers(operation) || Fields is [MemberPointers.Every]);
    }
}
