namespace Vibe.Identity.Accounts;

/// <summary>
/// The operations of one identity that stand, each proved by the one before it, by the rules of did:plc. A more
/// powerful key can, within 72 hours, take back what a weaker one did; what it takes back is no longer in here.
/// </summary>
internal sealed class DidLog
{
    /// <summary>How long an operation can be taken back.</summary>
    public static readonly TimeSpan RecoveryWindow = TimeSpan.FromHours(72);

    private static readonly string[] Methods = ["did:vibe:", "did:plc:"];

    private readonly IReadOnlyList<Link> links;
    private readonly DateTimeOffset lastReceived;

    private DidLog(string did, IReadOnlyList<Link> links, DateTimeOffset lastReceived)
    {
        Did = did;
        this.links = links;
        this.lastReceived = lastReceived;
    }

    public string Did { get; }

    /// <summary>The operation that says how the identity stands now.</summary>
    public DidOperation Head => links[^1].Operation;

    public bool IsEnded => Head.Kind == DidOperationKind.Tombstone;

    /// <summary>The operations that stand, from the first on.</summary>
    public IReadOnlyList<DidOperation> Operations => [.. links.Select(link => link.Operation)];

    /// <summary>Proves a whole log, with what its directory claims about each entry.</summary>
    public static DidLog Validate(string did, IReadOnlyList<DidLogEntry> entries)
    {
        if (entries.Count == 0)
            throw new InvalidDidLogException("the log is empty");
        var log = Open(did, entries[0].Operation, entries[0].CreatedAt);
        foreach (var entry in entries.Skip(1))
            log = log.Append(entry.Operation, entry.CreatedAt);
        var standing = log.links.Select(link => link.Operation.Cid).ToHashSet();
        foreach (var entry in entries)
        {
            if (entry.Did != did || entry.Cid != entry.Operation.Cid)
                throw new InvalidDidLogException("an entry names another identity or operation than its own");
            if (entry.Nullified == standing.Contains(entry.Cid))
                throw new InvalidDidLogException("an entry is marked wrongly as nullified or standing");
        }
        return log;
    }

    /// <summary>Proves the first operation, which the DID itself names.</summary>
    public static DidLog Open(string did, DidOperation genesis, DateTimeOffset received)
    {
        if (genesis.Kind == DidOperationKind.Tombstone || genesis.Prev is not null)
            throw new InvalidDidLogException("the log does not begin with a first operation");
        if (!Methods.Any(method => did == method + genesis.Suffix))
            throw new InvalidDidLogException("the first operation is not the one that the DID names");
        var signer = Signer(genesis, genesis.RotationKeys);
        return new DidLog(did, [new Link(genesis, received, signer)], received);
    }

    /// <summary>Proves one more operation and returns the log with it.</summary>
    public DidLog Append(DidOperation operation, DateTimeOffset received)
    {
        if (received < lastReceived)
            throw new InvalidDidLogException("the operations are not in the order of their times");
        if (operation.Kind == DidOperationKind.LegacyCreate)
            throw new InvalidDidLogException("an operation of the first kind stands later in the log");
        var place = links.TakeWhile(link => link.Operation.Cid != operation.Prev).Count();
        if (place == links.Count)
            throw new InvalidDidLogException("an operation follows none that stands");
        var previous = links[place].Operation;
        if (previous.Kind == DidOperationKind.Tombstone)
            throw new InvalidDidLogException("an operation follows the end");

        var keys = place == links.Count - 1 ? previous.RotationKeys : KeysAbove(previous, links[place + 1], received);
        var link = new Link(operation, received, Signer(operation, keys));
        return new DidLog(Did, [.. links.Take(place + 1), link], received);
    }

    private static IReadOnlyList<string> KeysAbove(DidOperation previous, Link disputed, DateTimeOffset received)
    {
        if (received - disputed.Received > RecoveryWindow)
            throw new InvalidDidLogException("an operation takes back what is older than 72 hours");
        return [.. previous.RotationKeys.TakeWhile(key => key != disputed.Signer)];
    }

    private static string Signer(DidOperation operation, IReadOnlyList<string> keys) =>
        operation.SignerAmong(keys) ?? throw new InvalidDidLogException("an operation is not signed by a key that may");

    private sealed record Link(DidOperation Operation, DateTimeOffset Received, string Signer);
}
