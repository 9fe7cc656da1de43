using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Vibe.Cases.Programs;
using Vibe.Client;
using DocumentService = Vibe.Data.V1.DocumentService;
using GetDocumentRequest = Vibe.Data.V1.GetDocumentRequest;
using RpcException = Grpc.Core.RpcException;

namespace Vibe.Cases.CSharp;

/// <summary>The runner of the C# client: does what the lines say, and writes what it observed.</summary>
internal sealed class CaseRunner(TextReader input, TextWriter output) : RunnerProgram(input, output)
{
    private readonly ConcurrentDictionary<string, (VibeClient Client, ScriptedTokens Tokens)> _clients = new();

    protected override KeyValuePair<string, JsonNode?>? Observe(Exception failure) =>
        failure switch
        {
            VibeException error => KeyValuePair.Create("error", (JsonNode?)Observed.Error(error)),
            ArgumentException or ObjectDisposedException or InvalidOperationException => KeyValuePair.Create(
                "misuse",
                (JsonNode?)failure.Message
            ),
            _ => null,
        };

    protected override async Task<JsonNode?> DoAsync(string what, Request request, CancellationToken cancellation)
    {
        switch (what)
        {
            case "open":
                return Open(request);

            case "close":
                var closed = ClientOf(request);
                request.TakenWhole();
                await closed.DisposeAsync();
                return new JsonObject();

            case "tokensAsked":
                var tokens = _clients[request.Text("client")].Tokens;
                request.TakenWhole();
                return new JsonObject { ["count"] = tokens.Asked };

            case "id":
                var fresh = ClientOf(request).Me.Collection("any").NewDocument();
                request.TakenWhole();
                return new JsonObject { ["id"] = fresh.Id };

            case "pointer":
                var segments = request.Node("segments")!.AsArray().Select(name => name!.GetValue<string>()).ToArray();
                request.TakenWhole();
                return new JsonObject { ["pointer"] = Pointer.Of(segments) };

            case "get":
                return await GetAsync(request, cancellation);

            case "list":
                var listing = Listing(request, cancellation);
                return new JsonObject { ["documents"] = Observed.Documents(await listing.ToListAsync(cancellation)) };

            case "page":
                return await PageAsync(request, cancellation);

            case "collections":
                return await CollectionsAsync(request, cancellation);

            case "create"
            or "update"
            or "replace"
            or "delete"
            or "setAcl":
                return Observed.Written(await WriteAsync(request, cancellation));

            case "batch":
                return await BatchAsync(request, cancellation);

            case "raw":
                return await RawAsync(request, cancellation);

            case "snapshots"
            or "subscribe":
                return Follow(request);

            case var other:
                throw new UnknownException($"'{other}' is nothing that this runner does.");
        }
    }

    private JsonObject Open(Request request)
    {
        var tokens = new ScriptedTokens(request.Node("tokens")!.AsArray());
        var retry = request.Node("retry") as JsonObject;
        var name = request.Text("client");
        request.Node("web");
        var usual = new RetryPolicy();
        var client = new VibeClient(
            new Uri(request.Text("address")),
            TokenSource.From(tokens.NextAsync),
            new VibeClientOptions
            {
                Timeout = request.Seconds("timeout") ?? new VibeClientOptions().Timeout,
                Application = request.TextOrNull("application"),
                Retry = new RetryPolicy
                {
                    MaxAttempts = retry?["maxAttempts"]?.GetValue<int>() ?? usual.MaxAttempts,
                    BaseDelay = SecondsOf(retry?["baseDelay"]) ?? usual.BaseDelay,
                    MaxDelay = SecondsOf(retry?["maxDelay"]) ?? usual.MaxDelay,
                },
            }
        );
        request.TakenWhole();
        _clients[name] = (client, tokens);
        return [];
    }

    private async Task<JsonNode> GetAsync(Request request, CancellationToken cancellation)
    {
        var document = DocumentOf(request);
        var options = new ReadOptions
        {
            ConsistencyToken = request.TextOrNull("consistencyToken"),
            Timeout = request.Seconds("timeout"),
        };
        request.TakenWhole();
        return new JsonObject { ["document"] = Observed.Document(await document.GetAsync(options, cancellation)) };
    }

    private Listing<DocumentSnapshot<JsonObject>> Listing(Request request, CancellationToken cancellation)
    {
        var collection = CollectionOf(request);
        var options = ListOptionsOf(request);
        request.TakenWhole();
        return collection.ListAsync(options, cancellation);
    }

    private async Task<JsonNode> PageAsync(Request request, CancellationToken cancellation)
    {
        await foreach (var page in Listing(request, cancellation).PagesAsync())
            return new JsonObject
            {
                ["documents"] = Observed.Documents(page.Items),
                ["nextPageToken"] = page.NextPageToken,
            };
        throw new InvalidOperationException("There is no page.");
    }

    private async Task<JsonNode> CollectionsAsync(Request request, CancellationToken cancellation)
    {
        var space = SpaceOf(request);
        var options = ListOptionsOf(request);
        request.TakenWhole();
        var found = await space.ListCollectionsAsync(options, cancellation).ToListAsync(cancellation);
        return new JsonObject
        {
            ["collections"] = new JsonArray([.. found.Select(collection => (JsonNode)collection.Id)]),
        };
    }

    private Task<WriteResult> WriteAsync(Request request, CancellationToken cancellation)
    {
        var verb = request.Text("do");
        var isFresh = verb == "create" && !request.Has("document");
        var collection = CollectionOf(request);
        var document = isFresh ? null : collection.Document(request.Text("document"));
        var options = new WriteOptions
        {
            Acl = verb == "create" ? AclOf(request.Node("acl")) : null,
            IfMatch = request.TextOrNull("ifMatch"),
            AllowMissing = request.Flag("allowMissing"),
            IdempotencyKey = request.TextOrNull("idempotencyKey"),
            Timeout = request.Seconds("timeout"),
        };
        switch (verb)
        {
            case "create":
                var created = request.Object("value");
                request.TakenWhole();
                return isFresh
                    ? collection.CreateAsync(created, options, cancellation)
                    : document!.CreateAsync(created, options, cancellation);

            case "update" when request.Has("edit"):
                var edit = EditOf(request.Node("edit"));
                request.TakenWhole();
                return document!.UpdateAsync(edit, options, cancellation);

            case "update":
                var members = request.Object("members");
                request.TakenWhole();
                return document!.UpdateAsync(members, options, cancellation);

            case "replace":
                var value = request.Object("value");
                request.TakenWhole();
                return document!.ReplaceAsync(value, options, cancellation);

            case "delete":
                request.TakenWhole();
                return document!.DeleteAsync(options, cancellation);

            default:
                var acl = AclOf(request.Node("acl"))!;
                request.TakenWhole();
                return document!.SetAclAsync(acl, options, cancellation);
        }
    }

    private async Task<JsonNode> BatchAsync(Request request, CancellationToken cancellation)
    {
        var space = SpaceOf(request);
        var client = ClientOf(request);
        var options = new CommitOptions
        {
            IdempotencyKey = request.TextOrNull("idempotencyKey"),
            Timeout = request.Seconds("timeout"),
        };
        var isTwice = request.Flag("twice");
        var writes = request.Node("writes")!.AsArray();
        request.TakenWhole();
        var batch = space.Batch();
        foreach (var write in writes)
            Add(batch, client, space, new Request(write!.AsObject()));
        var results = await batch.CommitAsync(options, cancellation);
        if (isTwice)
            results = await batch.CommitAsync(options, cancellation);
        return new JsonObject { ["results"] = new JsonArray([.. results.Select(Observed.Written)]) };
    }

    private static void Add(WriteBatch batch, VibeClient client, Space space, Request write)
    {
        var verb = write.Text("do");
        var place = write.TextOrNull("space") is { } id ? InSpace(client, id) : space;
        var document = place.Collection(write.Text("collection")).Document(write.Text("document"));
        var options = new WriteOptions
        {
            Acl = verb == "create" ? AclOf(write.Node("acl")) : null,
            IfMatch = write.TextOrNull("ifMatch"),
            AllowMissing = write.Flag("allowMissing"),
        };
        switch (verb)
        {
            case "create":
                batch.Create(document, write.Object("value"), options);
                break;
            case "update" when write.Has("edit"):
                batch.Update(document, EditOf(write.Node("edit")), options);
                break;
            case "update":
                batch.Update(document, write.Object("members"), options);
                break;
            case "replace":
                batch.Replace(document, write.Object("value"), options);
                break;
            case "delete":
                batch.Delete(document, options);
                break;
            case "setAcl":
                batch.SetAcl(document, AclOf(write.Node("acl"))!, options);
                break;
            default:
                throw new UnknownException($"'{verb}' is no write of a batch.");
        }
        write.TakenWhole();
    }

    private async Task<JsonNode> RawAsync(Request request, CancellationToken cancellation)
    {
        var client = ClientOf(request);
        var document = DocumentOf(request);
        request.TakenWhole();
        try
        {
            var response = await client
                .Raw(invoker => new DocumentService.DocumentServiceClient(invoker))
                .GetDocumentAsync(new GetDocumentRequest { Name = document.Name }, cancellationToken: cancellation);
            return new JsonObject { ["etag"] = response.Document.Etag };
        }
        catch (RpcException error)
        {
            throw VibeException.From(error);
        }
    }

    private JsonObject Follow(Request request)
    {
        var collection = CollectionOf(request);
        var name = request.Text("feed");
        if (request.Text("do") == "snapshots")
        {
            request.TakenWhole();
            Follow(
                name,
                stop =>
                    collection
                        .SnapshotsAsync(stop)
                        .Select(view => new JsonObject { ["snapshot"] = Observed.View(view) })
            );
        }
        else
        {
            var options = new SubscribeOptions { ResumeToken = request.TextOrNull("resumeToken") };
            request.TakenWhole();
            Follow(
                name,
                stop =>
                    collection
                        .SubscribeAsync(options, stop)
                        .Select(page => new JsonObject { ["page"] = Observed.Page(page) })
            );
        }
        return [];
    }

    private VibeClient ClientOf(Request request) =>
        _clients.TryGetValue(request.Text("client"), out var client)
            ? client.Client
            : throw new UnknownException("There is no client of that name.");

    private Space SpaceOf(Request request) => InSpace(ClientOf(request), request.Text("space"));

    private static Space InSpace(VibeClient client, string id) => id == "me" ? client.Me : client.Space(id);

    private Collection<JsonObject> CollectionOf(Request request) =>
        SpaceOf(request).Collection(request.Text("collection"));

    private DocumentRef<JsonObject> DocumentOf(Request request) =>
        CollectionOf(request).Document(request.Text("document"));

    private static ListOptions ListOptionsOf(Request request) =>
        new()
        {
            PageSize = request.Number("pageSize") ?? 0,
            PageToken = request.TextOrNull("pageToken"),
            ConsistencyToken = request.TextOrNull("consistencyToken"),
            Timeout = request.Seconds("timeout"),
        };

    private static Edit EditOf(JsonNode? steps)
    {
        var edit = new Edit();
        foreach (var step in steps!.AsArray().Select(step => step!.AsObject()))
            edit = step["set"] is JsonArray set
                ? edit.Set(set[0]!.GetValue<string>(), set[1]?.DeepClone())
                : edit.Remove(step["remove"]!.GetValue<string>());
        return edit;
    }

    private static Acl? AclOf(JsonNode? acl) =>
        acl is null
            ? null
            : new Acl { Allow = Rules(acl["allow"] as JsonArray), Deny = Rules(acl["deny"] as JsonArray) };

    private static AclRule[] Rules(JsonArray? rules) =>
        [
            .. (rules ?? []).Select(rule => new AclRule(
                rule!["people"]!.AsArray().Select(person => person!.GetValue<string>()),
                rule["operations"]!
                    .AsArray()
                    .Select(operation => Enum.Parse<Operation>(operation!.GetValue<string>(), ignoreCase: true))
            )),
        ];

    private static TimeSpan? SecondsOf(JsonNode? seconds) =>
        seconds is null ? null : TimeSpan.FromSeconds(seconds.GetValue<double>());
}
