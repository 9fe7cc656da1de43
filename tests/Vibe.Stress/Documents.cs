using Google.Protobuf;
using Vibe.Data.V1;
using Vibe.Testing;

namespace Vibe.Stress;

/// <summary>The few calls on documents that the scenarios make.</summary>
internal static class Documents
{
    public const string Collection = "spaces/me/collections/load";

    public static Task CreateAsync(this Actor actor, string id, string json) => actor.Documents.CreateAsync(id, json);

    public static async Task CreateAsync(
        this DocumentService.DocumentServiceClient documents,
        string id,
        string json
    ) =>
        await documents.CreateDocumentAsync(
            new CreateDocumentRequest
            {
                Parent = Collection,
                DocumentId = id,
                Document = new Document { Json = ByteString.CopyFromUtf8(json) },
            }
        );

    public static async Task PutAsync(this Actor actor, string id, string json)
    {
        var request = new UpdateDocumentRequest
        {
            Name = $"{Collection}/documents/{id}",
            Document = new Document { Json = ByteString.CopyFromUtf8(json) },
            AllowMissing = true,
        };
        request.UpdatePaths.Add("*");
        await actor.Documents.UpdateDocumentAsync(request);
    }

    /// <summary>What a fresh listing shows, by id.</summary>
    public static async Task<Dictionary<string, string>> ListAsync(
        this DocumentService.DocumentServiceClient client,
        string collection = Collection
    )
    {
        var found = new Dictionary<string, string>();
        var request = new ListDocumentsRequest
        {
            Parent = collection,
            PageSize = 1000,
            JsonBodies = true,
        };
        do
        {
            var page = await client.ListDocumentsAsync(request);
            foreach (var document in page.Documents)
                found[document.Name.Split('/')[^1]] = document.Etag;
            request.PageToken = page.NextPageToken;
        } while (request.PageToken.Length > 0);
        return found;
    }
}
