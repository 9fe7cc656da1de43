using System.Collections.Concurrent;
using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using Vibe.Data.V1;

namespace Vibe.Durability;

/// <summary>A state that a write gives a document; each document begins with version 0.</summary>
internal readonly record struct Written(string Id, int Version);

/// <summary>
/// Writers into one collection at once, each waiting for its acknowledgement before it writes again: they create, change,
/// and create three documents as one. What they tried and what was acknowledged is kept.
/// </summary>
internal sealed class Load(CallInvoker calls, string space, int padding)
{
    private readonly DocumentService.DocumentServiceClient _client = new(calls);
    private readonly ConcurrentDictionary<string, int> _tried = new();
    private readonly ConcurrentDictionary<string, Written> _acknowledged = new();
    private readonly ConcurrentBag<string[]> _batches = [];
    private int _groups;

    private string Collection => $"spaces/{space}/collections/load";

    /// <summary>What was acknowledged, by the etag that the acknowledgement carried.</summary>
    public IReadOnlyDictionary<string, Written> Acknowledged => _acknowledged;

    /// <summary>The last version of each document that a writer tried.</summary>
    public IReadOnlyDictionary<string, int> Tried => _tried;

    /// <summary>The documents that were created as one.</summary>
    public IReadOnlyCollection<string[]> Batches => _batches;

    /// <summary>How many calls were acknowledged.</summary>
    public int Groups => _groups;

    /// <summary>What a document holds in a version, as canonical JSON; it is never the same in two.</summary>
    public string Body(Written written)
    {
        var seed = string.Create(CultureInfo.InvariantCulture, $"{written.Id}/{written.Version};");
        var text = string.Concat(Enumerable.Repeat(seed, padding / seed.Length + 1));
        return string.Create(CultureInfo.InvariantCulture, $$"""{"n":{{written.Version}},"text":"{{text}}"}""");
    }

    /// <summary>Lets writers write, so often each.</summary>
    public Task RunAsync(int writers, int each) =>
        Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(() => WriteAsync(writer, each))));

    /// <summary>Every document that a fresh listing shows.</summary>
    public async Task<Dictionary<string, string>> ListAsync()
    {
        var found = new Dictionary<string, string>();
        var request = new ListDocumentsRequest
        {
            Parent = Collection,
            PageSize = 1000,
            JsonBodies = true,
        };
        do
        {
            var page = await _client.ListDocumentsAsync(request);
            foreach (var document in page.Documents)
                found[document.Name.Split('/')[^1]] = document.Json.ToStringUtf8();
            request.PageToken = page.NextPageToken;
        } while (request.PageToken.Length > 0);
        return found;
    }

    /// <summary>Creates a document, or changes it to its next version. Nobody else may do so at the same time.</summary>
    public async Task PutAsync(string id)
    {
        var version = _tried.GetValueOrDefault(id, -1) + 1;
        _tried[id] = version;
        var request = new UpdateDocumentRequest
        {
            Name = $"{Collection}/documents/{id}",
            Document = new Document { Json = Json(new Written(id, version)) },
            AllowMissing = version == 0,
        };
        request.UpdatePaths.Add("*");
        var response = await _client.UpdateDocumentAsync(request);
        Acknowledge(response.Document.Etag, new Written(id, version));
        Interlocked.Increment(ref _groups);
    }

    private async Task WriteAsync(int writer, int each)
    {
        for (var n = 0; n < each; n++)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"w{writer}-{n}");
            if (n % 5 == 4)
                await CreateTogetherAsync([$"{id}-a", $"{id}-b", $"{id}-c"]);
            else
                await PutAsync(id);
            if (n % 3 == 2)
                await PutAsync(string.Create(CultureInfo.InvariantCulture, $"w{writer}-{n - n % 5}"));
        }
    }

    private async Task CreateTogetherAsync(string[] ids)
    {
        _batches.Add(ids);
        var request = new BatchWriteRequest { Parent = $"spaces/{space}" };
        foreach (var id in ids)
        {
            _tried[id] = 0;
            request.Writes.Add(
                new Write
                {
                    Document = $"{Collection}/documents/{id}",
                    Create = new CreateWrite { Json = Json(new Written(id, 0)) },
                }
            );
        }
        var response = await _client.BatchWriteAsync(request);
        foreach (var (id, result) in ids.Zip(response.Results))
            Acknowledge(result.Etag, new Written(id, 0));
        Interlocked.Increment(ref _groups);
    }

    private ByteString Json(Written written) => ByteString.CopyFromUtf8(Body(written));

    private void Acknowledge(string etag, Written written) => _acknowledged[etag] = written;
}
