using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Vibe.Access.V1;
using Vibe.Hosting.Access;

namespace Vibe.Consent.Policy;

/// <summary>
/// What one caller may do in one collection, compiled from everything that has a say: manifest, grant and, asked for each
/// document, its access list. Only <see cref="ConsentPolicy"/> makes one.
/// </summary>
public sealed class Permit
{
    private readonly Caller _caller;
    private readonly Rights _rights;
    private byte[]? _viewDigest;

    internal Permit(CollectionName collection, Caller caller, Rights rights, string? standing)
    {
        Standing = standing;
        Collection = collection;
        _caller = caller;
        _rights = rights;
        IsOwnersSide = collection.Space == Vibe.Storage.Spaces.SpaceName.HomeOf(caller);
    }

    /// <summary>Where everything that it rests on stood; nothing for a person, who needs no grant.</summary>
    internal string? Standing { get; }

    /// <summary>What the permit is about.</summary>
    public CollectionName Collection { get; }

    /// <summary>Whether the caller acts for the owner of the space, whom no access list binds.</summary>
    public bool IsOwnersSide { get; }

    /// <summary>Whether the owner acts without an app and can do everything.</summary>
    public bool IsOwner => IsOwnersSide && _caller.IsFirstParty;

    /// <summary>When the permit ends by itself, the earliest of everything that it rests on.</summary>
    public DateTimeOffset ValidUntil => _rights.ValidUntil;

    /// <summary>The members that the caller may read.</summary>
    public MemberSet Readable => _rights.Read;

    /// <summary>The members that the caller may give to a new document.</summary>
    public MemberSet Creatable => _rights.Create;

    /// <summary>The members that the caller may change.</summary>
    public MemberSet Updatable => _rights.Update;

    /// <summary>Whether the grant allows the operation on the collection.</summary>
    public bool Allows(Operation operation) => (_rights.Operations & operation.Only()) != 0;

    /// <summary>Refuses what the grant does not allow on the collection.</summary>
    /// <exception cref="Vibe.Hosting.Errors.VibeException">NOT_GRANTED.</exception>
    public void Require(Operation operation)
    {
        if (!Allows(operation))
            throw ConsentErrors.NotGranted(operation, Collection.ToString(), _caller);
    }

    /// <summary>Refuses members that the grant does not allow.</summary>
    /// <exception cref="Vibe.Hosting.Errors.VibeException">FIELD_NOT_GRANTED.</exception>
    public void RequireMembers(Operation operation, IEnumerable<string> members, string resource)
    {
        var allowed = MembersOf(operation);
        foreach (var member in members)
            if (!allowed.Contains(member))
                throw ConsentErrors.FieldNotGranted(operation, resource, member);
    }

    /// <summary>Whether grant and access list both allow the operation on a document with that list.</summary>
    public bool Admits(AccessList list, Operation operation) =>
        Allows(operation) && (IsOwnersSide || (list.Allowed(_caller.Person) & operation.Only()) != 0);

    /// <summary>Whether the caller sees a document with that list.</summary>
    public bool Sees(AccessList list) => Admits(list, Operation.Read);

    /// <summary>Whether the caller is shown a document's list.</summary>
    public bool SeesList(AccessList list) => Admits(list, Operation.Share);

    /// <summary>
    /// Refuses to replace a list by one that allows anybody what the caller does not have itself, by its permit and by the
    /// old list; giving READ or UPDATE takes it on all members.
    /// </summary>
    /// <exception cref="Vibe.Hosting.Errors.VibeException">ACL_DENIED.</exception>
    public void RequireGift(AccessList before, AccessList after, string resource)
    {
        if (IsOwner)
            return;
        foreach (var person in after.People.Union(before.People))
        foreach (var operation in (after.Allowed(person) & ~before.Allowed(person)).List())
            if (!Admits(before, operation) || !MembersOf(operation).IsAll)
                throw ConsentErrors.AclDenied(operation, resource);
    }

    /// <summary>
    /// Digests what the caller is shown of the collection, and nothing else: a change of grant that leaves it alone leaves
    /// the caller's subscriptions alone.
    /// </summary>
    public byte[] ViewDigest() => [.. _viewDigest ??= DigestView()];

    /// <summary>The same digest, to compare by.</summary>
    public UInt128 ViewKey => BinaryPrimitives.ReadUInt128BigEndian(_viewDigest ??= DigestView());

    private byte[] DigestView()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Readable.AppendTo(hash);
        hash.AppendData([IsOwnersSide ? (byte)1 : (byte)0, Allows(Operation.Share) ? (byte)1 : (byte)0]);
        if (!IsOwnersSide)
            hash.AppendData(Encoding.UTF8.GetBytes(_caller.Person));
        return hash.GetHashAndReset()[..16];
    }

    private MemberSet MembersOf(Operation operation) =>
        operation switch
        {
            Operation.Read => _rights.Read,
            Operation.Create => _rights.Create,
            Operation.Update => _rights.Update,
            _ => MemberSet.All,
        };
}
