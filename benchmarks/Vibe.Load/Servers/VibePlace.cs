using Google.Protobuf;
using Grpc.Core;
using Microsoft.IdentityModel.JsonWebTokens;
using Vibe.Data.V1;
using Vibe.Load.Generators;

namespace Vibe.Load.Servers;

/// <summary>A collection of the person that a token speaks for.</summary>
internal sealed class VibePlace(ChannelBase channel, string token) : Place
{
    /// <summary>The collection that the app needs to be allowed to read and create in.</summary>
    public const string Collection = "load";

    private const string Service = "vibe.data.v1.DocumentService";
    private const string Own = "spaces/me";
    private const string Parent = $"{Own}/collections/{Collection}";

    private readonly DocumentService.DocumentServiceClient _client = new(channel);

    private static ByteString Json { get; } = ByteString.CopyFrom(Body.Json);

    public override string Space { get; } = new JsonWebToken(token).Subject;

    public override Call Create => new(Service, "CreateDocument", OneMore(), token);

    public override Call CreateMany(int documents)
    {
        var batch = new BatchWriteRequest { Parent = Own };
        batch.Writes.Add(
            Enumerable.Repeat(
                new Write
                {
                    Document = $"{Parent}/documents/{Call.FreshId}",
                    Create = new CreateWrite { Json = Json },
                },
                documents
            )
        );
        return new Call(Service, "BatchWrite", batch, token);
    }

    public override async Task<Call> StoreAsync(CancellationToken cancellation)
    {
        var stored = await _client.CreateDocumentAsync(OneMore(), Bearer(), cancellationToken: cancellation);
        var request = new GetDocumentRequest { Name = stored.Document.Name, JsonBodies = true };
        return new Call(Service, "GetDocument", request, token);
    }

    public override async Task<long> CountAsync(CancellationToken cancellation)
    {
        var count = 0L;
        var request = new ListDocumentsRequest
        {
            Parent = Parent,
            PageSize = 1000,
            JsonBodies = true,
        };
        do
        {
            var page = await _client.ListDocumentsAsync(request, Bearer(), cancellationToken: cancellation);
            count += page.Documents.Count;
            request.PageToken = page.NextPageToken;
        } while (request.PageToken.Length > 0);
        return count;
    }

    private static CreateDocumentRequest OneMore() =>
        new()
        {
            Parent = Parent,
            Document = new Document { Json = Json },
        };

    private Metadata Bearer() => new() { { "authorization", $"Bearer {token}" } };
}
