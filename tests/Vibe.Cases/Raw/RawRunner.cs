using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;
using Vibe.Cases.CSharp;
using Vibe.Cases.Programs;
using Vibe.Client;
using Vibe.Data.V1;
using Vibe.Sync.V1;

namespace Vibe.Cases.Raw;

/// <summary>
/// The runner of a door: each line is one call of the contract, or a page after the other, as it is on the wire. It repeats
/// nothing, remembers nothing and asks for no token again: what it observes is what the server does.
/// </summary>
internal sealed class RawRunner(TextReader input, TextWriter output, RawDoor door) : RunnerProgram(input, output)
{
    private readonly ConcurrentDictionary<string, RawLine> _lines = new();

    protected override KeyValuePair<string, JsonNode?>? Observe(Exception failure) =>
        failure switch
        {
            RpcException { StatusCode: StatusCode.Cancelled } => KeyValuePair.Create("cancelled", (JsonNode?)true),
            RpcException error => KeyValuePair.Create("error", (JsonNode?)Observed.Error(VibeException.From(error))),
            _ => null,
        };

    protected override async Task<JsonNode?> DoAsync(string what, Request request, CancellationToken cancellation)
    {
        switch (what)
        {
            case "open":
                return Open(request);

            case "close":
                var name = request.Text("client");
                request.TakenWhole();
                if (_lines.TryRemove(name, out var closed))
                    closed.Dispose();
                return new JsonObject();

            case "get":
                return await GetAsync(request, cancellation);

            case "list":
                return await ListAsync(request, cancellation);

            case "page":
                return await PageAsync(request, cancellation);

            case "collections":
                return await CollectionsAsync(request, cancellation);

            case "create":
                return await CreateAsync(request, cancellation);

            case "update"
            or "replace":
                return await UpdateAsync(what, request, cancellation);

            case "delete":
                return await DeleteAsync(request, cancellation);

            case "setAcl":
                return await SetAclAsync(request, cancellation);

            case "batch":
                return await BatchAsync(request, cancellation);

            case "snapshots"
            or "subscribe":
                return Follow(what, request);

            case "http" when door.IsRest:
                return await HttpAsync(request, cancellation);

            default:
                throw new UnknownException($"'{what}' is nothing that this runner does.");
        }
    }

    private JsonObject Open(Request request)
    {
        var token = request.Node("tokens")!.AsArray()[0] switch
        {
            JsonObject found => found["value"]!.GetValue<string>(),
            var text => text?.GetValue<string>(),
        };
        var (grpc, web) = (new Uri(request.Text("address")), new Uri(request.Text("web")));
        var name = request.Text("client");
        request.TakenWhole();
        _lines[name] = door.Open(grpc, web, token);
        return [];
    }

    private async Task<JsonNode> GetAsync(Request request, CancellationToken cancellation)
    {
        var documents = DocumentsOf(request);
        var message = new GetDocumentRequest { Name = DocumentOf(request), JsonBodies = true };
        if (request.TextOrNull("consistencyToken") is { } token)
            message.ConsistencyTokens.Add(token);
        var headers = new Metadata();
        if (request.TextOrNull("grpcTimeout") is { } timeout)
            headers.Add(RawDoor.ServersDeadline, timeout);
        request.TakenWhole();
        try
        {
            var response = await documents.GetDocumentAsync(message, headers, cancellationToken: cancellation);
            return new JsonObject { ["document"] = RawContent.Document(response.Document) };
        }
        catch (RpcException missing) when (ReasonOf(missing) == "RESOURCE_NOT_FOUND")
        {
            // What scenarios call nothing is this refusal on the wire.
            return new JsonObject { ["document"] = null };
        }
    }

    private async Task<JsonNode> ListAsync(Request request, CancellationToken cancellation)
    {
        var documents = DocumentsOf(request);
        var message = ListOf(request);
        request.TakenWhole();
        var found = new JsonArray();
        do
        {
            var page = await documents.ListDocumentsAsync(message, cancellationToken: cancellation);
            foreach (var document in page.Documents)
                found.Add(RawContent.Document(document));
            message.PageToken = page.NextPageToken;
        } while (message.PageToken.Length > 0);
        return new JsonObject { ["documents"] = found };
    }

    private async Task<JsonNode> PageAsync(Request request, CancellationToken cancellation)
    {
        var documents = DocumentsOf(request);
        var message = ListOf(request);
        request.TakenWhole();
        var page = await documents.ListDocumentsAsync(message, cancellationToken: cancellation);
        return new JsonObject
        {
            ["documents"] = new JsonArray([.. page.Documents.Select(RawContent.Document)]),
            ["nextPageToken"] = page.NextPageToken.Length == 0 ? null : page.NextPageToken,
        };
    }

    private async Task<JsonNode> CollectionsAsync(Request request, CancellationToken cancellation)
    {
        var collections = new CollectionService.CollectionServiceClient(LineOf(request).Calls);
        var message = new ListCollectionsRequest
        {
            Parent = SpaceOf(request),
            PageSize = request.Number("pageSize") ?? 0,
        };
        request.TakenWhole();
        var found = new JsonArray();
        do
        {
            var page = await collections.ListCollectionsAsync(message, cancellationToken: cancellation);
            foreach (var collection in page.Collections)
                found.Add(RawContent.IdOf(collection.Name));
            message.PageToken = page.NextPageToken;
        } while (message.PageToken.Length > 0);
        return new JsonObject { ["collections"] = found };
    }

    private async Task<JsonNode> CreateAsync(Request request, CancellationToken cancellation)
    {
        var documents = DocumentsOf(request);
        var message = new CreateDocumentRequest
        {
            Parent = CollectionOf(request),
            DocumentId = request.TextOrNull("document") ?? "",
            Document = Content(request.Object("value")),
            IdempotencyKey = request.TextOrNull("idempotencyKey") ?? "",
        };
        message.Document.Acl = RawContent.AclOf(request.Node("acl"));
        request.TakenWhole();
        var response = await documents.CreateDocumentAsync(message, cancellationToken: cancellation);
        return Written(response.Document, response.ConsistencyToken);
    }

    private async Task<JsonNode> UpdateAsync(string verb, Request request, CancellationToken cancellation)
    {
        var documents = DocumentsOf(request);
        var message = new UpdateDocumentRequest
        {
            Name = DocumentOf(request),
            IfMatch = request.TextOrNull("ifMatch") ?? "",
            AllowMissing = request.Flag("allowMissing"),
            IdempotencyKey = request.TextOrNull("idempotencyKey") ?? "",
        };
        var (paths, values) = ValuesOf(verb, request);
        message.Document = Content(values);
        message.UpdatePaths.Add(paths);
        request.TakenWhole();
        var response = await documents.UpdateDocumentAsync(message, cancellationToken: cancellation);
        return Written(response.Document, response.ConsistencyToken);
    }

    private async Task<JsonNode> DeleteAsync(Request request, CancellationToken cancellation)
    {
        var documents = DocumentsOf(request);
        var message = new DeleteDocumentRequest
        {
            Name = DocumentOf(request),
            IfMatch = request.TextOrNull("ifMatch") ?? "",
            AllowMissing = request.Flag("allowMissing"),
            IdempotencyKey = request.TextOrNull("idempotencyKey") ?? "",
        };
        request.TakenWhole();
        var response = await documents.DeleteDocumentAsync(message, cancellationToken: cancellation);
        return RawContent.Written(message.Name, "", null, response.ConsistencyToken);
    }

    private async Task<JsonNode> SetAclAsync(Request request, CancellationToken cancellation)
    {
        var documents = DocumentsOf(request);
        var message = new SetDocumentAclRequest
        {
            Name = DocumentOf(request),
            Acl = RawContent.AclOf(request.Node("acl")),
            IfMatch = request.TextOrNull("ifMatch") ?? "",
            IdempotencyKey = request.TextOrNull("idempotencyKey") ?? "",
        };
        request.TakenWhole();
        var response = await documents.SetDocumentAclAsync(message, cancellationToken: cancellation);
        return Written(response.Document, response.ConsistencyToken);
    }

    private async Task<JsonNode> BatchAsync(Request request, CancellationToken cancellation)
    {
        var documents = DocumentsOf(request);
        var space = SpaceOf(request);
        var message = new BatchWriteRequest
        {
            Parent = space,
            IdempotencyKey = request.TextOrNull("idempotencyKey") ?? "",
        };
        message.Writes.Add(
            request.Node("writes")!.AsArray().Select(write => WriteOf(space, new Request(write!.AsObject())))
        );
        request.TakenWhole();
        var response = await documents.BatchWriteAsync(message, cancellationToken: cancellation);
        return new JsonObject
        {
            ["results"] = new JsonArray([
                .. response.Results.Select(result =>
                    RawContent.Written(result.Document, result.Etag, result.UpdateTime, response.ConsistencyToken)
                ),
            ]),
        };
    }

    private Write WriteOf(string space, Request request)
    {
        var verb = request.Text("do");
        var write = new Write
        {
            Document = $"{space}/collections/{request.Text("collection")}/documents/{request.Text("document")}",
            IfMatch = request.TextOrNull("ifMatch") ?? "",
        };
        switch (verb)
        {
            case "create":
                var created = request.Object("value");
                write.Create = new CreateWrite { Acl = RawContent.AclOf(request.Node("acl")) };
                if (IsStructured(created))
                    write.Create.Body = RawContent.Body(created);
                else
                    write.Create.Json = RawContent.Json(created);
                break;
            case "update" or "replace":
                var (paths, values) = ValuesOf(verb, request);
                write.Update = new UpdateWrite { UpdatePaths = { paths }, AllowMissing = request.Flag("allowMissing") };
                if (IsStructured(values))
                    write.Update.Body = RawContent.Body(values);
                else
                    write.Update.Json = RawContent.Json(values);
                break;
            case "delete":
                write.Delete = new DeleteWrite { AllowMissing = request.Flag("allowMissing") };
                break;
            case "setAcl":
                write.SetAcl = new SetAclWrite { Acl = RawContent.AclOf(request.Node("acl")) };
                break;
            default:
                throw new UnknownException($"'{verb}' is no write of a batch.");
        }
        request.TakenWhole();
        return write;
    }

    private JsonObject Follow(string verb, Request request)
    {
        var calls = LineOf(request).Calls;
        var scope = new Scope
        {
            Collection = CollectionOf(request),
            ResumeToken = request.TextOrNull("resumeToken") ?? "",
        };
        var name = request.Text("feed");
        request.TakenWhole();
        var subscribe = new SubscribeRequest();
        // Both forms of the request: one address that is written by hand, and a list.
        if (door.IsRest)
            subscribe.Scope = scope;
        else
            subscribe.Scopes.Add(scope);
        Follow(
            name,
            verb == "snapshots"
                ? stop => RawFeed.SnapshotsAsync(calls, subscribe, stop)
                : stop => RawFeed.PagesAsync(calls, subscribe, stop)
        );
        return [];
    }

    /// <summary>Sends a request as it is written.</summary>
    private async Task<JsonNode> HttpAsync(Request request, CancellationToken cancellation)
    {
        var line = LineOf(request);
        using var message = new HttpRequestMessage(new HttpMethod(request.Text("method")), request.Text("path"))
        {
            Version = line.Http.DefaultRequestVersion,
        };
        if (line.Token is not null)
            message.Headers.Authorization = new("Bearer", line.Token);
        foreach (var (name, value) in request.Node("headers") as JsonObject ?? [])
            message.Headers.TryAddWithoutValidation(name, value!.GetValue<string>());
        if (request.TextOrNull("body") is { } body)
            message.Content = new StringContent(body, Encoding.UTF8, "application/json");
        request.TakenWhole();
        using var answer = await line.Http.SendAsync(message, cancellation);
        var text = await answer.Content.ReadAsStringAsync(cancellation);
        var found = text.Length == 0 ? null : JsonNode.Parse(text);
        return new JsonObject
        {
            ["status"] = (int)answer.StatusCode,
            ["type"] = answer.Content.Headers.ContentType?.MediaType,
            ["body"] = found,
            ["reason"] = (found?["details"] as JsonArray)
                ?.FirstOrDefault(detail => detail?["reason"] is not null)
                ?["reason"]!.DeepClone(),
        };
    }

    private bool IsStructured(JsonObject value) => door.IsRest && !RawContent.HasNameless(value);

    private Document Content(JsonObject value) =>
        IsStructured(value)
            ? new Document { Body = RawContent.Body(value) }
            : new Document { Json = RawContent.Json(value) };

    private static (IReadOnlyList<string> Paths, JsonObject Values) ValuesOf(string verb, Request request) =>
        verb == "replace" ? (["*"], request.Object("value"))
        : request.Has("edit") ? RawContent.Edit(request.Node("edit"))
        : ([], request.Object("members"));

    private static JsonObject Written(Document document, string consistencyToken) =>
        RawContent.Written(document.Name, document.Etag, document.UpdateTime, consistencyToken);

    private RawLine LineOf(Request request) =>
        _lines.TryGetValue(request.Text("client"), out var line)
            ? line
            : throw new UnknownException("There is no client of that name.");

    private DocumentService.DocumentServiceClient DocumentsOf(Request request) => new(LineOf(request).Calls);

    private ListDocumentsRequest ListOf(Request request)
    {
        var message = new ListDocumentsRequest
        {
            Parent = CollectionOf(request),
            PageSize = request.Number("pageSize") ?? 0,
            PageToken = request.TextOrNull("pageToken") ?? "",
            JsonBodies = !door.IsRest,
        };
        if (request.TextOrNull("consistencyToken") is { } token)
            message.ConsistencyTokens.Add(token);
        return message;
    }

    private static string SpaceOf(Request request) => $"spaces/{request.Text("space")}";

    private static string CollectionOf(Request request) =>
        $"{SpaceOf(request)}/collections/{request.Text("collection")}";

    private static string DocumentOf(Request request) =>
        $"{CollectionOf(request)}/documents/{request.Text("document")}";

    private static string? ReasonOf(RpcException error) => error.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason;
}
