using Grpc.Core;
using Vibe.Access.V1;
using Vibe.Consent.Policy;
using Vibe.Data.V1;
using Vibe.Hosting.Access;
using Vibe.Identity.Tokens;
using Vibe.Storage;
using Vibe.Storage.Spaces;
using PageLimits = Vibe.Hosting.Limits;

namespace Vibe.Data.Documents;

internal sealed class DocumentEndpoints(
    Database database,
    ConsentPolicy policy,
    DocumentReader reader,
    DocumentWriter writer,
    WriteRequests requests,
    ConsistencyTokens consistency,
    PageTokens pages,
    PageLimits limits
) : DocumentService.DocumentServiceBase
{
    public override async Task<CreateDocumentResponse> CreateDocument(
        CreateDocumentRequest request,
        ServerCallContext context
    )
    {
        var write = requests.Read(request, Caller.Of(context));
        var (outcome, moment) = await WriteAsync(write, nameof(CreateDocument), request.IdempotencyKey, context);
        return new CreateDocumentResponse
        {
            Document = DocumentWire.ToWire(outcome, IsJson(request.Document)),
            ConsistencyToken = consistency.Seal(moment),
        };
    }

    public override async Task<GetDocumentResponse> GetDocument(GetDocumentRequest request, ServerCallContext context)
    {
        var caller = Caller.Of(context);
        var cancellation = context.CancellationToken;
        var name = DocumentName.Parse(request.Name, "name", caller);
        var document = await reader.GetAsync(caller, name, request.ConsistencyTokens, cancellation);
        return new GetDocumentResponse { Document = DocumentWire.ToWire(document, request.JsonBodies) };
    }

    public override async Task<UpdateDocumentResponse> UpdateDocument(
        UpdateDocumentRequest request,
        ServerCallContext context
    )
    {
        var write = requests.Read(request, context, Caller.Of(context));
        var (outcome, moment) = await WriteAsync(write, nameof(UpdateDocument), request.IdempotencyKey, context);
        return new UpdateDocumentResponse
        {
            Document = DocumentWire.ToWire(outcome, IsJson(request.Document)),
            ConsistencyToken = consistency.Seal(moment),
        };
    }

    public override async Task<DeleteDocumentResponse> DeleteDocument(
        DeleteDocumentRequest request,
        ServerCallContext context
    )
    {
        var write = requests.Read(request, context, Caller.Of(context));
        var (_, moment) = await WriteAsync(write, nameof(DeleteDocument), request.IdempotencyKey, context);
        return new DeleteDocumentResponse { ConsistencyToken = consistency.Seal(moment) };
    }

    public override async Task<ListDocumentsResponse> ListDocuments(
        ListDocumentsRequest request,
        ServerCallContext context
    )
    {
        var caller = Caller.Of(context);
        var cancellation = context.CancellationToken;
        var collection = CollectionName.Parse(request.Parent, "parent", caller);
        var size = limits.PageSize(request.PageSize);
        var listed = $"{collection}/documents";
        await using var snapshot = await database.ReadAsync(cancellation);
        var permit = await policy.RequireAsync(snapshot, caller, Operation.Read, collection, cancellation);
        var after = pages.Open(caller, listed, request.PageToken);
        await consistency.RequireAsync(snapshot, collection.Space, request.ConsistencyTokens, cancellation);

        var response = new ListDocumentsResponse();
        var room = new PageRoom(limits.PageBytes);
        await foreach (var document in reader.ListAsync(snapshot, permit, after ?? "", size + 1, cancellation))
        {
            var wire = DocumentWire.ToWire(document, request.JsonBodies);
            if (response.Documents.Count == size || !room.Takes(document, wire.Body))
            {
                response.NextPageToken = pages.Seal(caller, listed, after!);
                break;
            }
            response.Documents.Add(wire);
            after = document.Name.Id;
        }
        return response;
    }

    public override async Task<SetDocumentAclResponse> SetDocumentAcl(
        SetDocumentAclRequest request,
        ServerCallContext context
    )
    {
        var write = requests.Read(request, context, Caller.Of(context));
        var (outcome, moment) = await WriteAsync(write, nameof(SetDocumentAcl), request.IdempotencyKey, context);
        return new SetDocumentAclResponse
        {
            Document = DocumentWire.ToWire(outcome, request.JsonBodies),
            ConsistencyToken = consistency.Seal(moment),
        };
    }

    public override async Task<BatchWriteResponse> BatchWrite(BatchWriteRequest request, ServerCallContext context)
    {
        var caller = Caller.Of(context);
        var key = IdempotencyLog.CheckKey(request.IdempotencyKey);
        var (space, writes) = requests.Read(request, caller);
        var (outcomes, moment) = await writer.WriteAsync(
            caller,
            space,
            DocumentWriter.BatchMethod,
            writes,
            key,
            context.CancellationToken
        );
        var response = new BatchWriteResponse { ConsistencyToken = consistency.Seal(moment) };
        response.Results.Add(outcomes.Select(ToResult));
        return response;
    }

    private async Task<(WriteOutcome Outcome, Moment Moment)> WriteAsync(
        DocumentWrite write,
        string method,
        string key,
        ServerCallContext context
    )
    {
        var (outcomes, moment) = await writer.WriteAsync(
            Caller.Of(context),
            write.Name.Collection.Space,
            method,
            [write],
            IdempotencyLog.CheckKey(key),
            context.CancellationToken
        );
        return (outcomes[0], moment);
    }

    private static WriteResult ToResult(WriteOutcome outcome)
    {
        var result = new WriteResult { Document = outcome.Name.ToString() };
        if (outcome.Document is not { } document)
            return result;
        result.Etag = document.Etag;
        result.UpdateTime = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(document.UpdateTime);
        return result;
    }

    private static bool IsJson(V1.Document? document) => document?.ContentCase == V1.Document.ContentOneofCase.Json;
}
