using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using Vibe.Data.V1;
using Wire = Vibe.Data.V1;

namespace Vibe.Client.Tests.Scripted;

/// <summary>Answers by script; without one, every write succeeds and nothing is found.</summary>
internal sealed class ScriptedDocuments : DocumentService.DocumentServiceBase
{
    private int _writes;

    public ConcurrentQueue<Func<BatchWriteRequest, ServerCallContext, Task<BatchWriteResponse>>> WriteScript { get; } =
        new();

    public ConcurrentQueue<Func<GetDocumentRequest, GetDocumentResponse>> GetScript { get; } = new();

    public ConcurrentQueue<Func<ListDocumentsRequest, ListDocumentsResponse>> ListScript { get; } = new();

    public ConcurrentQueue<BatchWriteRequest> Writes { get; } = new();

    public ConcurrentQueue<GetDocumentRequest> Gets { get; } = new();

    public ConcurrentQueue<ListDocumentsRequest> Lists { get; } = new();

    public ConcurrentQueue<Metadata> Headers { get; } = new();

    public ConcurrentQueue<DateTime> Deadlines { get; } = new();

    public BatchWriteResponse Succeed(BatchWriteRequest request)
    {
        var count = Interlocked.Increment(ref _writes);
        return new BatchWriteResponse
        {
            ConsistencyToken = $"write-{count}",
            Results =
            {
                request.Writes.Select(write => new Wire.WriteResult
                {
                    Document = write.Document.Replace("spaces/me/", "spaces/k3f7/", StringComparison.Ordinal),
                    Etag = $"etag-{count}",
                }),
            },
        };
    }

    public static Document Document(string id, string json) =>
        new()
        {
            Name = $"spaces/k3f7/collections/movies/documents/{id}",
            Json = ByteString.CopyFromUtf8(json),
            Etag = $"etag-{id}",
        };

    public override Task<BatchWriteResponse> BatchWrite(BatchWriteRequest request, ServerCallContext context)
    {
        Note(context);
        Writes.Enqueue(request);
        return WriteScript.TryDequeue(out var step) ? step(request, context) : Task.FromResult(Succeed(request));
    }

    public override Task<GetDocumentResponse> GetDocument(GetDocumentRequest request, ServerCallContext context)
    {
        Note(context);
        Gets.Enqueue(request);
        return GetScript.TryDequeue(out var step)
            ? Task.FromResult(step(request))
            : throw Failures.Exception(StatusCode.NotFound, Reason.ResourceNotFound);
    }

    public override Task<ListDocumentsResponse> ListDocuments(ListDocumentsRequest request, ServerCallContext context)
    {
        Note(context);
        Lists.Enqueue(request);
        return Task.FromResult(ListScript.TryDequeue(out var step) ? step(request) : new ListDocumentsResponse());
    }

    private void Note(ServerCallContext context)
    {
        Headers.Enqueue(context.RequestHeaders);
        Deadlines.Enqueue(context.Deadline);
    }
}
