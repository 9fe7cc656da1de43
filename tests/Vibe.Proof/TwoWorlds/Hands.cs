using Google.Protobuf;
using Grpc.Core;
using Vibe.Access.V1;
using Vibe.Consent.V1;
using Vibe.Data.V1;
using Vibe.Sync.V1;
using Vibe.Testing;

namespace Vibe.Proof.TwoWorlds;

/// <summary>
/// Whatever is done in a world by others than the watcher, through one server. Documents go by their path,
/// <c>movies/d0</c>.
/// </summary>
internal sealed class Hands(Cast cast, Person owner, AllowedApp? watcher, VibeServer server, int world)
{
    private readonly Person _owner = server.With(owner);
    private readonly Dictionary<string, AllowedApp> _apps = [];
    private bool _isGadgetIn;

    /// <summary>The id of the last grant that a gadget had here, or one that never was.</summary>
    public string GadgetGrant { get; private set; } = $"{Guid.NewGuid():n}";

    public string Space => owner.Space;

    private Actor Owner => _owner.Own;

    public string Collection(string id) => owner.Collection(id);

    public string Document(string path)
    {
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        return owner.Document(path[..slash], path[(slash + 1)..]);
    }

    public async Task CreateAsync(string path, string json, Acl? acl = null)
    {
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        await Owner.Documents.CreateDocumentAsync(
            new CreateDocumentRequest
            {
                Parent = Collection(path[..slash]),
                DocumentId = path[(slash + 1)..],
                Document = new Document { Json = ByteString.CopyFromUtf8(json), Acl = acl },
            }
        );
    }

    public Task SetAsync(string path, string json, params string[] paths) =>
        UpdateAsync(Owner, new UpdateDocumentRequest(), path, json, paths);

    /// <summary>Makes a document hold this and nothing else, whether it is there or not.</summary>
    public Task PutAsync(string path, string json) =>
        UpdateAsync(Owner, new UpdateDocumentRequest { AllowMissing = true }, path, json, ["*"]);

    /// <summary>Sets a member that the watcher does not see, by an app that sees nothing else.</summary>
    public async Task KeepAsync(string path, string json, string key, params string[] paths) =>
        await UpdateAsync(
            (await AppAsync("keeper", Cast.KeeperAccess)).Actor,
            new UpdateDocumentRequest { IdempotencyKey = key },
            path,
            json,
            paths
        );

    public async Task DeleteAsync(string path) =>
        await Owner.Documents.DeleteDocumentAsync(new DeleteDocumentRequest { Name = Document(path) });

    public async Task ListAsync(string path, Acl acl) =>
        await Owner.Documents.SetDocumentAclAsync(new SetDocumentAclRequest { Name = Document(path), Acl = acl });

    public async Task BatchAsync(params Write[] writes)
    {
        var request = new BatchWriteRequest { Parent = Space };
        request.Writes.Add(writes);
        await Owner.Documents.BatchWriteAsync(request);
    }

    public Write Creation(string path, string json, Acl? acl = null) =>
        new()
        {
            Document = Document(path),
            Create = new CreateWrite { Json = ByteString.CopyFromUtf8(json), Acl = acl },
        };

    public Write Change(string path, string json) =>
        new()
        {
            Document = Document(path),
            Update = new UpdateWrite { Json = ByteString.CopyFromUtf8(json) },
        };

    /// <summary>Lets another app in, or shuts it out again.</summary>
    public async Task ToggleGadgetAsync()
    {
        if (_isGadgetIn)
            await Owner.Grants.RevokeGrantAsync(new RevokeGrantRequest { Name = $"{Space}/grants/{GadgetGrant}" });
        else
            GadgetGrant = (await AllowAsync(Cast.GadgetOf(world), Cast.GadgetAccess)).Grant.Name.Split('/')[^1];
        _isGadgetIn = !_isGadgetIn;
    }

    /// <summary>Changes what an app of this world alone asks for.</summary>
    public Task ChangeGadgetAsync() => cast.ChangeManifestAsync(Cast.GadgetOf(world));

    /// <summary>Narrows or widens what the watcher itself may read.</summary>
    public async Task AllowWatcherAsync(Allow[] access)
    {
        var grant = new Grant();
        grant.Access.Add(access.Select(Person.ToEntry));
        var request = new UpdateGrantRequest
        {
            Name = watcher!.Grant.Name,
            Grant = grant,
            UpdateMask = new Google.Protobuf.WellKnownTypes.FieldMask { Paths = { "access" } },
        };
        await Owner.Grants.UpdateGrantAsync(request);
    }

    /// <summary>Somebody else reads: the owner, an app that sees the same as the watcher, or a stranger.</summary>
    public async Task ReadAsync(string collection, int how, Sight sight, string[] members)
    {
        var reader = (how % 3) switch
        {
            0 when sight is not (Sight.Guest or Sight.GuestApp or Sight.BlindApp) => (
                await AppAsync("twin", Cast.MaskedAccess(sight, members))
            ).Actor,
            1 => server.Owner(cast.Carol),
            _ => Owner,
        };
        var scope = new Scope { Collection = Collection(collection) };
        if (how % 2 == 0)
        {
            await reader.Sync.PullAsync(new PullRequest { Scope = scope });
            return;
        }
        using var stream = reader.Sync.Subscribe(new SubscribeRequest { Scope = scope });
        while (await stream.ResponseStream.MoveNext() && stream.ResponseStream.Current.Page?.Checkpoint is null) { }
    }

    /// <summary>Somebody from outside tries to read, and somebody without a name to delete.</summary>
    public async Task KnockAsync(string path)
    {
        var name = Document(path);
        var stranger = server.Owner(cast.Carol);
        await World.TryAsync(() =>
            stranger.Documents.GetDocumentAsync(new GetDocumentRequest { Name = name }).ResponseAsync
        );
        await World.TryAsync(() =>
            server.Nobody.Documents.DeleteDocumentAsync(new DeleteDocumentRequest { Name = name }).ResponseAsync
        );
    }

    /// <summary>A list that allows the guest some operations, and Carol to read.</summary>
    public Acl List(bool carol, Operation[] guest, bool guestIsDenied = false)
    {
        var acl = new Acl();
        if (guest.Length > 0)
            acl.Allow.Add(Rule(cast.Bob, guest));
        if (carol)
            acl.Allow.Add(Rule(cast.Carol, Operation.Read));
        if (guestIsDenied)
            acl.Deny.Add(Rule(cast.Bob, Operation.Read, Operation.Update, Operation.Delete, Operation.Share));
        return acl;
    }

    private async Task UpdateAsync(Actor actor, UpdateDocumentRequest request, string path, string json, string[] paths)
    {
        request.Name = Document(path);
        request.Document = new Document { Json = ByteString.CopyFromUtf8(json) };
        request.UpdatePaths.Add(paths);
        await actor.Documents.UpdateDocumentAsync(request);
    }

    private async Task<AllowedApp> AppAsync(string name, Allow[] access) =>
        _apps.TryGetValue(name, out var known) ? known : _apps[name] = await AllowAsync(name, access);

    private Task<AllowedApp> AllowAsync(string name, Allow[] access) => _owner.AllowAsync(cast.Apps[name], access);

    private static AclRule Rule(Person person, params Operation[] operations)
    {
        var rule = new AclRule();
        rule.People.Add(person.Did);
        rule.Operations.Add(operations);
        return rule;
    }
}
