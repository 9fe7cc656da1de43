using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Vibe.Data.V1;
using Vibe.Sync.V1;

namespace Vibe.ClientLoad;

/// <summary>The load by the generated code alone, on a plain channel.</summary>
internal sealed class BareSide(ChannelBase channel, string token) : Side
{
    private const string Space = "spaces/me";
    private const string Parent = $"{Space}/collections/{Collection}";

    private readonly DocumentService.DocumentServiceClient _documents = new(channel);
    private readonly SyncService.SyncServiceClient _sync = new(channel);
    private string _resumeToken = "";

    public static Side Open(Uri address, string token) => new BareSide(GrpcChannel.ForAddress(address), token);

    public override async Task<JsonObject> GetAsync(string document)
    {
        var request = new GetDocumentRequest { Name = $"{Parent}/documents/{document}", JsonBodies = true };
        var answer = await _documents.GetDocumentAsync(request, Headers());
        return Decoded(answer.Document.Json);
    }

    public override async Task<string> CreateAsync(JsonObject value)
    {
        var write = new Write
        {
            Document = $"{Parent}/documents/{Guid.CreateVersion7()}",
            Create = new CreateWrite
            {
                Json = UnsafeByteOperations.UnsafeWrap(JsonSerializer.SerializeToUtf8Bytes(value)),
            },
        };
        var request = new BatchWriteRequest
        {
            Parent = Space,
            Writes = { write },
            IdempotencyKey = $"{Guid.NewGuid():n}",
        };
        return (await _documents.BatchWriteAsync(request, Headers())).Results[0].Document;
    }

    public override async IAsyncEnumerable<bool> FollowAsync(Dictionary<string, object> held, bool keepsDocuments)
    {
        var request = new SubscribeRequest { Scopes = { new Scope { Collection = Parent } } };
        using var call = _sync.Subscribe(request, Headers());
        await foreach (var message in call.ResponseStream.ReadAllAsync())
        {
            if (message.Page is not { } page)
                continue;
            foreach (var change in page.Changes)
                if (change.Put is { } put)
                    held[change.DocumentId] = keepsDocuments ? put : Decoded(put.Json);
                else
                    held.Remove(change.DocumentId);
            _resumeToken = page.ResumeToken;
            yield return page.Checkpoint is not null;
        }
    }

    /// <summary>Where it would go on.</summary>
    public string ResumeToken => _resumeToken;

    private Metadata Headers() => new() { { "authorization", $"Bearer {token}" } };

    private static JsonObject Decoded(ByteString json) => JsonSerializer.Deserialize<JsonObject>(json.Span)!;
}
