using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using Vibe.Access.V1;
using Vibe.Consent.V1;
using Vibe.Data.V1;
using Vibe.Identity.V1;
using Vibe.Sync.V1;

namespace Vibe.Server.Tests.Door;

/// <summary>Who calls, in the table of who may.</summary>
public enum Who
{
    Nobody,
    Stranger,
    AppWithoutGrant,
    AppWithRead,
    AppWithWrite,
    Owner,
}

/// <summary>What a row's request may speak about: one person's things, fresh for each call.</summary>
/// <param name="Space">The person's space.</param>
/// <param name="Existing">The id of a document in the collection <c>movies</c> that exists.</param>
/// <param name="Fresh">An id that was never used.</param>
/// <param name="Grant">The name of a grant of an app that is not among the callers.</param>
/// <param name="App">An app that the person registered, granted in <paramref name="Grant"/>.</param>
/// <param name="FreshApp">An app that the person registered and granted nothing.</param>
internal sealed record Things(string Space, string Existing, string Fresh, Grant Grant, App App, App FreshApp)
{
    public string Movies => $"{Space}/collections/movies";
    public string Document => $"{Movies}/documents/{Existing}";
}

/// <summary>One method: a request for it, and what each caller is answered, in the order of <see cref="Who"/>.</summary>
internal sealed record Row(MethodDescriptor Method, Func<Things, IMessage> Request, params string[] Answers)
{
    public bool HasRest { get; init; } = true;
}

/// <summary>The table of who may do what, for every method that the server answers.</summary>
internal static class AccessTable
{
    private const string Ok = Protocols.Ok;
    private const string Missing = "ACCESS_TOKEN_MISSING";
    private const string Owner = "OWNER_REQUIRED";
    private const string Denied = "NOT_GRANTED";
    private const string NotFound = "RESOURCE_NOT_FOUND";

    private static readonly Struct Body = new() { Fields = { ["Title"] = Value.ForString("Alien") } };

    public static IReadOnlyList<Row> Rows { get; } =
    [
        //                                                   nobody, stranger, app without grant, read, write, owner
        new(Method(ServerService.Descriptor, "GetServer"), _ => new GetServerRequest(), Ok, Ok, Ok, Ok, Ok, Ok),
        new(
            Method(AccountService.Descriptor, "GetAccount"),
            things => new GetAccountRequest { Name = things.Space.Replace("spaces", "accounts") },
            Missing,
            NotFound,
            Ok,
            Ok,
            Ok,
            Ok
        ),
        new(
            Method(AppService.Descriptor, "CreateApp"),
            things => new CreateAppRequest { AppId = $"app-{things.Fresh}", App = things.App },
            Missing,
            Ok,
            Owner,
            Owner,
            Owner,
            Ok
        ),
        new(
            Method(AppService.Descriptor, "GetApp"),
            things => new GetAppRequest { Name = things.App.Name },
            Missing,
            Ok,
            Ok,
            Ok,
            Ok,
            Ok
        ),
        new(
            Method(AppService.Descriptor, "UpdateApp"),
            things => new UpdateAppRequest { Name = things.App.Name, App = things.App },
            Missing,
            Owner,
            Owner,
            Owner,
            Owner,
            Ok
        ),
        new(
            Method(GrantService.Descriptor, "CreateGrant"),
            things => new CreateGrantRequest
            {
                Parent = things.Space,
                Grant = new Grant
                {
                    App = things.FreshApp.Name,
                    ManifestDigest = things.FreshApp.ManifestDigest,
                    Access = { things.Grant.Access },
                },
            },
            Missing,
            Owner,
            Owner,
            Owner,
            Owner,
            Ok
        ),
        new(
            Method(GrantService.Descriptor, "GetGrant"),
            things => new GetGrantRequest { Name = things.Grant.Name },
            Missing,
            NotFound,
            NotFound,
            NotFound,
            NotFound,
            Ok
        ),
        new(
            Method(GrantService.Descriptor, "ListGrants"),
            things => new ListGrantsRequest { Parent = things.Space },
            Missing,
            Owner,
            Owner,
            Owner,
            Owner,
            Ok
        ),
        new(
            Method(GrantService.Descriptor, "UpdateGrant"),
            things => new UpdateGrantRequest
            {
                Name = things.Grant.Name,
                Grant = new Grant { Access = { things.Grant.Access } },
            },
            Missing,
            Owner,
            Owner,
            Owner,
            Owner,
            Ok
        ),
        new(
            Method(GrantService.Descriptor, "RevokeGrant"),
            things => new RevokeGrantRequest { Name = things.Grant.Name },
            Missing,
            Owner,
            Owner,
            Owner,
            Owner,
            Ok
        ),
        new(
            Method(CollectionService.Descriptor, "ListCollections"),
            things => new ListCollectionsRequest { Parent = things.Space },
            Missing,
            Ok,
            Denied,
            Ok,
            Denied,
            Ok
        ),
        new(
            Method(DocumentService.Descriptor, "CreateDocument"),
            things => new CreateDocumentRequest
            {
                Parent = things.Movies,
                DocumentId = things.Fresh,
                Document = new Document { Body = Body },
            },
            Missing,
            Owner,
            Denied,
            Denied,
            Ok,
            Ok
        ),
        new(
            Method(DocumentService.Descriptor, "GetDocument"),
            things => new GetDocumentRequest { Name = things.Document },
            Missing,
            NotFound,
            Denied,
            Ok,
            Denied,
            Ok
        ),
        new(
            Method(DocumentService.Descriptor, "UpdateDocument"),
            things => new UpdateDocumentRequest
            {
                Name = things.Document,
                Document = new Document { Body = Body },
            },
            Missing,
            NotFound,
            Denied,
            Denied,
            Ok,
            Ok
        ),
        new(
            Method(DocumentService.Descriptor, "DeleteDocument"),
            things => new DeleteDocumentRequest { Name = things.Document },
            Missing,
            NotFound,
            Denied,
            Denied,
            Ok,
            Ok
        ),
        new(
            Method(DocumentService.Descriptor, "ListDocuments"),
            things => new ListDocumentsRequest { Parent = things.Movies },
            Missing,
            Ok,
            Denied,
            Ok,
            Denied,
            Ok
        ),
        new(
            Method(DocumentService.Descriptor, "SetDocumentAcl"),
            things => new SetDocumentAclRequest { Name = things.Document },
            Missing,
            NotFound,
            Denied,
            Denied,
            Ok,
            Ok
        ),
        new(
            Method(DocumentService.Descriptor, "BatchWrite"),
            things => new BatchWriteRequest
            {
                Parent = things.Space,
                Writes =
                {
                    new Write { Document = things.Document, Delete = new DeleteWrite() },
                },
            },
            Missing,
            NotFound,
            Denied,
            Denied,
            Ok,
            Ok
        ),
        new(
            Method(SyncService.Descriptor, "Pull"),
            things => new PullRequest { Scope = new Scope { Collection = things.Movies } },
            Missing,
            Ok,
            Denied,
            Ok,
            Denied,
            Ok
        ),
        new(
            Method(SyncService.Descriptor, "Subscribe"),
            things => new SubscribeRequest { Scope = new Scope { Collection = things.Movies } },
            Missing,
            Ok,
            Denied,
            Ok,
            Denied,
            Ok
        ),
        new(Method(Health.Descriptor, "Check"), _ => new HealthCheckRequest(), Ok, Ok, Ok, Ok, Ok, Ok)
        {
            HasRest = false,
        },
        new(Method(Health.Descriptor, "Watch"), _ => new HealthCheckRequest(), Ok, Ok, Ok, Ok, Ok, Ok)
        {
            HasRest = false,
        },
        new(
            Method(ServerReflection.Descriptor, "ServerReflectionInfo"),
            _ => new ServerReflectionRequest { ListServices = "" },
            Ok,
            Ok,
            Ok,
            Ok,
            Ok,
            Ok
        )
        {
            HasRest = false,
        },
    ];

    private static MethodDescriptor Method(ServiceDescriptor service, string name) => service.FindMethodByName(name);
}
