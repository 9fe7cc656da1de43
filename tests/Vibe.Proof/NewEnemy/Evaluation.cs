using System.Collections.Immutable;
using Vibe.Access.V1;
using Vibe.Consent.V1;

namespace Vibe.Proof.NewEnemy;

/// <summary>A document at one place in the order.</summary>
/// <param name="Members">Its members, each with its value, which is unique.</param>
/// <param name="List">Its access list.</param>
/// <param name="IsDeleted">Whether it was deleted.</param>
internal sealed record DocumentState(ImmutableSortedDictionary<string, string> Members, Acl List, bool IsDeleted)
{
    public bool Allows(string person, Operation operation) =>
        List.Allow.Any(rule => rule.People.Contains(person) && rule.Operations.Contains(operation))
        && !List.Deny.Any(rule => rule.People.Contains(person) && rule.Operations.Contains(operation));
}

/// <summary>A grant at one place in the order.</summary>
internal sealed record GrantTerms(string App, Grant Terms, string ManifestDigest, long ExpiresAt, bool IsRevoked);

/// <summary>A space at one place in its order.</summary>
internal sealed record SpaceState(
    ImmutableDictionary<string, DocumentState> Documents,
    ImmutableDictionary<string, GrantTerms> Grants
)
{
    public static readonly SpaceState Empty = new(
        ImmutableDictionary<string, DocumentState>.Empty,
        ImmutableDictionary<string, GrantTerms>.Empty
    );
}

/// <summary>Everything that an answer may rest on, at one place each: the space, the caller's own space, the app.</summary>
internal sealed record World(string Owner, SpaceState Space, SpaceState Home, Manifest? Present)
{
    public required IReadOnlyDictionary<string, Manifest> Manifests { get; init; }
}

/// <summary>
/// Says what must be told to whom, from the contract alone: a second opinion, which shares no code with the server's
/// policy and knows nothing but what these histories do.
/// </summary>
internal static class Evaluation
{
    private static readonly string[] Universe = ["a", "b", "c", "anything"];

    /// <summary>What a call must be told in a world.</summary>
    /// <param name="asked">The call.</param>
    /// <param name="world">The world; for a write the one before it.</param>
    /// <param name="isExpired">Whether the time of the caller's grant has run out.</param>
    public static Told Decide(Asked asked, World world, bool isExpired)
    {
        var asker = asked.Asker;
        if (Refusal(asker, world, isExpired) is { } refusal)
            return Told.Refused(refusal);
        var rights = new Eyes(asker, world);
        if (asked.Method == Method.Create && !rights.IsOwnersSide)
            return Told.Refused("OWNER_REQUIRED");
        if (!rights.MaySome(asked.Operation))
            return Told.Refused("NOT_GRANTED");
        if (asked.Members.Any(member => !rights.May(asked.Operation, member)))
            return Told.Refused("FIELD_NOT_GRANTED");
        if (asked.Method is Method.List or Method.Follow)
            return Told.Shown(rights.View());
        var document = world.Space.Documents.GetValueOrDefault(asked.Document);
        if (asked.Method == Method.Create)
            return document is null ? Told.LetIn : Told.Refused("RESOURCE_EXISTS");
        if (document is null or { IsDeleted: true })
            return Told.Refused("RESOURCE_NOT_FOUND");
        if (!rights.Admits(document, asked.Operation))
            return Told.Refused(rights.Admits(document, Operation.Read) ? "ACL_DENIED" : "RESOURCE_NOT_FOUND");
        return asked.IsWrite ? Told.LetIn : Told.One(asked.Document, rights.Project(document));
    }

    /// <summary>What the answer to a write must show, in the world after it.</summary>
    public static Told ShowAfter(Asked asked, World after) => new Eyes(asked.Asker, after).Show(asked.Document);

    /// <summary>The time at which the caller's grant ends by itself, or never.</summary>
    public static long ExpiryOf(Asker asker, World world) =>
        asker.Grant is { } id && world.Home.Grants.GetValueOrDefault(id) is { } grant ? grant.ExpiresAt : Call.Never;

    private static string? Refusal(Asker asker, World world, bool isExpired)
    {
        if (asker.IsFirstParty)
            return null;
        var grant = asker.Grant is { } id ? world.Home.Grants.GetValueOrDefault(id) : null;
        if (grant is null || grant.App != asker.Client)
            return "NOT_GRANTED";
        return grant.IsRevoked ? "GRANT_REVOKED"
            : isExpired ? "GRANT_EXPIRED"
            : null;
    }

    private sealed class Eyes(Asker asker, World world)
    {
        public bool IsOwnersSide => asker.Person == world.Owner;

        public bool May(Operation operation, string? member)
        {
            if (asker.IsFirstParty)
                return IsOwnersSide || operation != Operation.Create;
            var grant = world.Home.Grants[asker.Grant!];
            bool Names(IEnumerable<Operation> operations, IEnumerable<string> fields) =>
                operations.Contains(operation)
                && (member is null || fields.Contains("*") || fields.Contains("/" + member));
            bool Asks(Manifest manifest) =>
                manifest.Access.Any(entry =>
                    (IsOwnersSide || entry.IncludeShared) && Names(entry.Operations, entry.Fields)
                );
            return grant.Terms.Access.Any(entry =>
                    entry.Mode == AccessMode.Always
                    && (IsOwnersSide || entry.IncludeShared)
                    && Names(entry.Operations, entry.Fields)
                )
                && Asks(world.Manifests[grant.ManifestDigest])
                && Asks(world.Present!)
                && !grant.Terms.Access.Any(entry =>
                    entry.Mode == AccessMode.Never && Names(entry.Operations, entry.Fields)
                );
        }

        public bool MaySome(Operation operation) =>
            operation is Operation.Delete or Operation.Share
                ? May(operation, null)
                : Universe.Any(member => May(operation, member));

        public bool Admits(DocumentState document, Operation operation) =>
            MaySome(operation) && (IsOwnersSide || document.Allows(asker.Person, operation));

        public string Project(DocumentState document) =>
            "{"
            + string.Join(
                ',',
                document
                    .Members.Where(member => May(Operation.Read, member.Key))
                    .Select(member => $"\"{member.Key}\":\"{member.Value}\"")
            )
            + "}";

        public IReadOnlyDictionary<string, string> View() =>
            world
                .Space.Documents.Where(each => !each.Value.IsDeleted && Admits(each.Value, Operation.Read))
                .ToDictionary(each => each.Key, each => Project(each.Value));

        public Told Show(string id) =>
            world.Space.Documents.GetValueOrDefault(id) is { IsDeleted: false } document
            && Admits(document, Operation.Read)
                ? Told.One(id, Project(document))
                : Told.LetIn;
    }
}
