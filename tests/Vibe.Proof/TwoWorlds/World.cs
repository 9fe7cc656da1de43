using Google.Protobuf;
using Grpc.Core;
using Vibe.Access.V1;
using Vibe.Consent.V1;
using Vibe.Data.V1;
using Vibe.Testing;

namespace Vibe.Proof.TwoWorlds;

/// <summary>Through whose eyes two worlds are compared.</summary>
internal enum Sight
{
    /// <summary>An app of the owner that reads some members.</summary>
    MaskedApp,

    /// <summary>An app of the owner that reads some members and the access lists.</summary>
    SharingApp,

    /// <summary>An app of the owner that writes one member and reads nothing.</summary>
    BlindApp,

    /// <summary>Another person, in a first-party session, where lists let it in.</summary>
    Guest,

    /// <summary>An app of that person that reads some members.</summary>
    GuestApp,
}

/// <summary>Whoever both worlds of a pair, and all pairs on a server, have in common.</summary>
internal sealed record Cast(VibeServer Server, Person Carol, App Masked, App Blind, App Keeper, App Gadget)
{
    public const string Movies = "movies";
    public const string Secrets = "secrets";

    private static readonly Operation[] Everything =
    [
        Operation.Read,
        Operation.Create,
        Operation.Update,
        Operation.Delete,
    ];

    public static Allow[] MaskedAccess(Sight sight, string[] members) =>
        sight switch
        {
            Sight.GuestApp =>
            [
                new(Movies, [Operation.Read, Operation.Update], members) { IncludeShared = true },
                new(Movies, [Operation.Delete]) { IncludeShared = true },
            ],
            Sight.SharingApp => [new(Movies, Everything, members), new(Movies, [Operation.Share])],
            _ => [new(Movies, Everything, members)],
        };

    public static Allow BlindAccess => new(Movies, [Operation.Create, Operation.Update], "/a");
    public static Allow KeeperAccess => new(Movies, [Operation.Read, Operation.Update], "/c", "/d");
    public static Allow GadgetAccess => new(Movies, Everything, "*");

    public static async Task<Cast> MakeAsync(VibeServer server)
    {
        var developer = await server.PersonAsync("developer");
        var all = new[] { "/a", "/b" };
        var masked = await developer.AppAsync(
            "masked",
            [.. MaskedAccess(Sight.SharingApp, all), .. MaskedAccess(Sight.GuestApp, all)]
        );
        var blind = await developer.AppAsync("blind", BlindAccess);
        var keeper = await developer.AppAsync("keeper", KeeperAccess);
        var gadget = await developer.AppAsync("gadget", GadgetAccess);
        return new Cast(server, await server.PersonAsync("carol"), masked.App, blind.App, keeper.App, gadget.App);
    }
}

/// <summary>One of two worlds: the space of one owner, with those who write into it. Only its id differs by name.</summary>
internal sealed class World
{
    private readonly Cast _cast;
    private readonly Person _owner;
    private AllowedApp? _gadget;

    private World(Cast cast, Person owner, Person guest, Actor keeper, (Actor Actor, string Grant) watcher)
    {
        (_cast, _owner, Guest, Keeper) = (cast, owner, guest, keeper);
        Watcher = watcher.Actor;
        Names = [owner.Did, owner.Id, .. watcher.Grant.Length > 0 ? [watcher.Grant] : Array.Empty<string>()];
    }

    public Person Guest { get; }
    public Actor Owner => _owner.Own;

    /// <summary>An app that writes what the masked apps do not see.</summary>
    public Actor Keeper { get; }

    /// <summary>Whoever compares.</summary>
    public Actor Watcher { get; }

    public string Space => _owner.Space;

    /// <summary>What the owner, and the owner's grant to the watcher, are called here.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>How many writes succeeded of which the watcher may know nothing.</summary>
    public int HiddenCommits { get; private set; }

    public static async Task<World> MakeAsync(Cast cast, Sight sight, string[] members, Person guest, Actor? guestApp)
    {
        var owner = await cast.Server.PersonAsync("alice");
        var keeper = await owner.AllowAsync(cast.Keeper, Cast.KeeperAccess);
        var watcher = sight switch
        {
            Sight.Guest => (guest.Own, ""),
            Sight.GuestApp => (guestApp!, ""),
            Sight.BlindApp => Named(await owner.AllowAsync(cast.Blind, Cast.BlindAccess)),
            _ => Named(await owner.AllowAsync(cast.Masked, Cast.MaskedAccess(sight, members))),
        };
        return new World(cast, owner, guest, keeper.Actor, watcher);
    }

    public string Collection(string id = Cast.Movies) => _owner.Collection(id);

    public string Document(string id, string collection = Cast.Movies) => _owner.Document(collection, id);

    /// <summary>Does what the watcher may see. A refusal is as good as a success, as long as both worlds have it.</summary>
    public static async Task DoAsync(Func<Task> deed)
    {
        try
        {
            await deed();
        }
        catch (RpcException refusal) when (refusal.StatusCode != StatusCode.Internal) { }
    }

    /// <summary>Does what the watcher may not see, in this world alone.</summary>
    public async Task HideAsync(Func<World, Task> deed)
    {
        try
        {
            await deed(this);
            HiddenCommits++;
        }
        catch (RpcException refusal) when (refusal.StatusCode != StatusCode.Internal) { }
    }

    public async Task CreateAsync(string id, string json, Acl? acl = null, string collection = Cast.Movies) =>
        await Owner.Documents.CreateDocumentAsync(
            new CreateDocumentRequest
            {
                Parent = Collection(collection),
                DocumentId = id,
                Document = new Document { Json = ByteString.CopyFromUtf8(json), Acl = acl },
            }
        );

    public async Task UpdateAsync(
        Actor actor,
        string id,
        string json,
        string[] paths,
        string key = "",
        string collection = Cast.Movies
    )
    {
        var request = new UpdateDocumentRequest
        {
            Name = Document(id, collection),
            Document = new Document { Json = ByteString.CopyFromUtf8(json) },
            IdempotencyKey = key,
        };
        request.UpdatePaths.Add(paths);
        await actor.Documents.UpdateDocumentAsync(request);
    }

    public async Task DeleteAsync(string id, string collection = Cast.Movies) =>
        await Owner.Documents.DeleteDocumentAsync(new DeleteDocumentRequest { Name = Document(id, collection) });

    public async Task ListAsync(string id, Acl acl) =>
        await Owner.Documents.SetDocumentAclAsync(new SetDocumentAclRequest { Name = Document(id), Acl = acl });

    public async Task BatchAsync(params Write[] writes)
    {
        var request = new BatchWriteRequest { Parent = Space };
        request.Writes.Add(writes);
        await Owner.Documents.BatchWriteAsync(request);
    }

    /// <summary>Lets another app in, or shuts it out again.</summary>
    public async Task ToggleGadgetAsync()
    {
        if (_gadget is null)
        {
            _gadget = await _owner.AllowAsync(_cast.Gadget, Cast.GadgetAccess);
            return;
        }
        await _gadget.RevokeAsync();
        _gadget = null;
    }

    /// <summary>A list that allows the guest some operations, and Carol to read.</summary>
    public Acl List(bool carol, Operation[] guest, bool guestIsDenied = false)
    {
        var acl = new Acl();
        if (guest.Length > 0)
            acl.Allow.Add(Rule(Guest, guest));
        if (carol)
            acl.Allow.Add(Rule(_cast.Carol, Operation.Read));
        if (guestIsDenied)
            acl.Deny.Add(Rule(Guest, Operation.Read, Operation.Update, Operation.Delete, Operation.Share));
        return acl;
    }

    private static (Actor Actor, string Grant) Named(AllowedApp app) => (app.Actor, app.Grant.Name.Split('/')[^1]);

    private static AclRule Rule(Person person, params Operation[] operations)
    {
        var rule = new AclRule();
        rule.People.Add(person.Did);
        rule.Operations.Add(operations);
        return rule;
    }
}
