using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Vibe.Data.V1;
using Vibe.Load.Servers;

namespace Vibe.Load.Clients;

/// <summary>Writes what the programs read.</summary>
internal sealed class ClientDocuments(ChannelBase channel)
{
    private const int Batch = 500;
    private const string Space = "spaces/me";
    private const string Parent = $"{Space}/collections/{VibePlace.Collection}";

    private readonly DocumentService.DocumentServiceClient _documents = new(channel);

    /// <summary>1 KiB, as in the other workloads.</summary>
    public static ByteString Large { get; } = ByteString.CopyFrom(Body.Json);

    /// <summary>Small, so that what is done for each document shows.</summary>
    public static ByteString Small { get; } =
        ByteString.CopyFrom(
            Encoding.UTF8.GetBytes(
                """{"done":false,"rating":4.5,"tags":["engine","notes"],"title":"Sketch of the Analytical Engine","year":1843}"""
            )
        );

    /// <summary>Creates a document, and gives its id.</summary>
    public async Task<string> CreateAsync(string token, ByteString json, CancellationToken cancellation)
    {
        var request = new CreateDocumentRequest
        {
            Parent = Parent,
            Document = new Document { Json = json },
        };
        var created = await _documents.CreateDocumentAsync(request, Bearer(token), cancellationToken: cancellation);
        return created.Document.Name.Split('/')[^1];
    }

    /// <summary>Creates many, in batches.</summary>
    public async Task FillAsync(string token, int documents, CancellationToken cancellation)
    {
        for (var left = documents; left > 0; left -= Batch)
        {
            var request = new BatchWriteRequest { Parent = Space };
            request.Writes.Add(Enumerable.Range(0, Math.Min(left, Batch)).Select(_ => Write()));
            await _documents.BatchWriteAsync(request, Bearer(token), cancellationToken: cancellation);
        }
    }

    /// <summary>Creates many one by one, so many at a time.</summary>
    public Task WriteAsync(string token, int documents, int inFlight, CancellationToken cancellation) =>
        Parallel.ForEachAsync(
            Enumerable.Range(0, documents),
            new ParallelOptions { MaxDegreeOfParallelism = inFlight, CancellationToken = cancellation },
            async (_, stop) => await CreateAsync(token, Small, stop)
        );

    private static Write Write() =>
        new()
        {
            Document = $"{Parent}/documents/{Guid.CreateVersion7()}",
            Create = new CreateWrite { Json = Small },
        };

    private static Metadata Bearer(string token) => new() { { "authorization", $"Bearer {token}" } };
}
