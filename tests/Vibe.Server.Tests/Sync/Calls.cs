using System.Globalization;
using Google.Protobuf;
using Microsoft.Extensions.Time.Testing;
using Vibe.Access.V1;
using Vibe.Consent.V1;
using Vibe.Data.V1;
using Vibe.Sync.V1;
using Vibe.Testing;

namespace Vibe.Server.Tests.Sync;

/// <summary>The calls of these tests, for short.</summary>
internal static class Calls
{
    public static readonly Operation[] ReadWrite =
    [
        Operation.Read,
        Operation.Create,
        Operation.Update,
        Operation.Delete,
    ];

    /// <summary>A clock for the test to move, that stands at a whole second, so that heartbeats are due after whole intervals.</summary>
    public static FakeTimeProvider StandingClock() =>
        new(DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds()));

    public static Scope Scope(string collection, string token = "") =>
        new() { Collection = collection, ResumeToken = token };

    public static async Task<CreateDocumentResponse> CreateAsync(
        this Actor actor,
        string name,
        string json,
        params Acl[] acl
    )
    {
        var parts = name.Split("/documents/");
        return await actor.Documents.CreateDocumentAsync(
            new CreateDocumentRequest
            {
                Parent = parts[0],
                DocumentId = parts[1],
                Document = new Document { Json = ByteString.CopyFromUtf8(json), Acl = acl.SingleOrDefault() },
            }
        );
    }

    public static async Task<UpdateDocumentResponse> SetAsync(
        this Actor actor,
        string name,
        string json,
        params string[] paths
    )
    {
        var request = new UpdateDocumentRequest
        {
            Name = name,
            Document = new Document { Json = ByteString.CopyFromUtf8(json) },
        };
        request.UpdatePaths.Add(paths);
        return await actor.Documents.UpdateDocumentAsync(request);
    }

    public static async Task DeleteAsync(this Actor actor, string name) =>
        await actor.Documents.DeleteDocumentAsync(new DeleteDocumentRequest { Name = name });

    public static async Task SetAclAsync(this Actor actor, string name, Acl acl) =>
        await actor.Documents.SetDocumentAclAsync(new SetDocumentAclRequest { Name = name, Acl = acl });

    public static Acl Readers(params Person[] people) => Allowing(people, Operation.Read);

    public static Acl Allowing(Person[] people, params Operation[] operations)
    {
        var acl = new Acl();
        if (people.Length == 0)
            return acl;
        var rule = new AclRule();
        rule.People.Add(people.Select(person => person.Did));
        rule.Operations.Add(operations);
        acl.Allow.Add(rule);
        return acl;
    }

    public static async Task<Page> PullAsync(this Actor actor, Scope scope, int size = 0) =>
        (await actor.Sync.PullAsync(new PullRequest { Scope = scope, PageSize = size })).Page;

    public static Task<Page> PullAsync(this Actor actor, string collection, string token = "", int size = 0) =>
        actor.PullAsync(Scope(collection, token), size);

    /// <summary>Every document that the caller sees, with what it sees of each.</summary>
    public static async Task<SortedDictionary<string, string>> ListAsync(this Actor actor, string collection)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var request = new ListDocumentsRequest
        {
            Parent = collection,
            PageSize = 1000,
            JsonBodies = true,
        };
        do
        {
            var response = await actor.Documents.ListDocumentsAsync(request);
            foreach (var document in response.Documents)
                found[document.Name.Split('/')[^1]] = Seen(document.Json, document.Etag, document.Acl);
            request.PageToken = response.NextPageToken;
        } while (request.PageToken.Length > 0);
        return found;
    }

    public static string Seen(ByteString json, string etag, Acl? acl) => $"{json.ToStringUtf8()} {etag} {acl}";

    /// <summary>Registers an app of a name that is free, and grants it.</summary>
    public static Task<AllowedApp> NewAppAsync(this Person person, params Allow[] allowed) =>
        person.AppAsync(string.Create(CultureInfo.InvariantCulture, $"app-{Guid.NewGuid():n}"), allowed);

    /// <summary>Changes what a grant allows.</summary>
    public static async Task ChangeAsync(this AllowedApp app, params Allow[] allowed)
    {
        var grant = new Grant();
        grant.Access.Add(allowed.Select(Person.ToEntry));
        await app.Person.Own.Grants.UpdateGrantAsync(new UpdateGrantRequest { Name = app.Grant.Name, Grant = grant });
    }

    /// <summary>Changes what the app asks for.</summary>
    public static async Task AskForAsync(this Actor developer, App app, params Allow[] allowed)
    {
        var manifest = new Manifest { DisplayName = "changed" };
        foreach (var allow in allowed)
        {
            var asked = new RequestedAccess
            {
                Collection = allow.Collection,
                Purpose = "for a test",
                IncludeShared = allow.IncludeShared,
            };
            asked.Operations.Add(allow.Operations);
            asked.Fields.Add(allow.Fields);
            manifest.Access.Add(asked);
        }
        await developer.Apps.UpdateAppAsync(
            new UpdateAppRequest
            {
                Name = app.Name,
                App = new App { Manifest = manifest },
            }
        );
    }

    public static string Json(this Change change) => change.Put.Json.ToStringUtf8();

    public static IEnumerable<string> Ids(this Page page) => page.Changes.Select(change => change.DocumentId);
}
