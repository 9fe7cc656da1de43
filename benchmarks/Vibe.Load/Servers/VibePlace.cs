using Google.Protobuf;
using Grpc.Core;
using Microsoft.IdentityModel.JsonWebTokens;
using Vibe.Data.V1;
using Vibe.Load.Followers;
using Vibe.Load.Generators;
using Vibe.Sync.V1;

namespace Vibe.Load.Servers;

/// <summary>A collection of the person that a token speaks for.</summary>
/// <param name="channel">Goes to the server.</param>
/// <param name="tokens">Gives a token of each app that may read, those with masks after the first, which may do all.</param>
internal sealed class VibePlace(ChannelBase channel, params Func<string>[] tokens) : Place
{
    /// <summary>The collection that the app needs to be allowed to read and create in.</summary>
    public const string Collection = "load";

    /// <summary>The same by its name.</summary>
    public const string Parent = $"{Own}/collections/{Collection}";

    private const string Service = "vibe.data.v1.DocumentService";
    private const string Own = "spaces/me";

    private readonly DocumentService.DocumentServiceClient _client = new(channel);

    private static ByteString Json { get; } = ByteString.CopyFrom(Body.Json);

    public override string Space { get; } = new JsonWebToken(tokens[0]()).Subject;

    /// <summary>A token of the first app.</summary>
    public string Token => tokens[0]();

    public override Call Create => new(Service, "CreateDocument", OneMore(), Token);

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
        return new Call(Service, "BatchWrite", batch, Token);
    }

    public override async Task<string> StoreAsync(CancellationToken cancellation) =>
        (await _client.CreateDocumentAsync(OneMore(), Bearer(), cancellationToken: cancellation)).Document.Name;

    public override Call Get(string stored) =>
        new(Service, "GetDocument", new GetDocumentRequest { Name = stored, JsonBodies = true }, Token);

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

    public override Following CatchUp(int view) => Subscribe(view, resumeToken: "");

    public override Following Watch(int view) => CatchUp(view);

    /// <summary>Brings what is new since a token, and goes on.</summary>
    public Following Subscribe(int view, string resumeToken) =>
        new(
            new Call(
                "vibe.sync.v1.SyncService",
                "Subscribe",
                new SubscribeRequest
                {
                    Scope = new Scope { Collection = Parent, ResumeToken = resumeToken },
                },
                tokens[view]()
            ),
            Read
        );

    private static Delivery Read(ReadOnlySpan<byte> message)
    {
        var fields = new MessageFields(message);
        while (fields.Next())
            if (fields.Number == SubscribeResponse.PageFieldNumber)
                return ReadPage(fields.Content);
            else if (fields.Number is SubscribeResponse.EndFieldNumber or SubscribeResponse.ScopeEndedFieldNumber)
                return new Delivery { IsEnd = true };
        return default;
    }

    private static Delivery ReadPage(ReadOnlySpan<byte> page)
    {
        var (documents, isComplete) = (0, false);
        var token = default(ReadOnlySpan<byte>);
        var fields = new MessageFields(page);
        while (fields.Next())
            switch (fields.Number)
            {
                case Page.ChangesFieldNumber:
                    documents++;
                    break;
                case Page.ResumeTokenFieldNumber:
                    token = fields.Content;
                    break;
                case Page.CheckpointFieldNumber:
                    isComplete = true;
                    break;
            }
        return new Delivery
        {
            Documents = documents,
            IsComplete = isComplete,
            ResumeToken = token,
        };
    }

    private static CreateDocumentRequest OneMore() =>
        new()
        {
            Parent = Parent,
            Document = new Document { Json = Json },
        };

    private Metadata Bearer() => new() { { "authorization", $"Bearer {Token}" } };
}
