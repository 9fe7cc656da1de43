using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grpc.Core;
using Vibe.Sync.V1;

namespace Vibe.Cases.Raw;

/// <summary>Follows a collection by one stream, and ends where the stream does.</summary>
internal static class RawFeed
{
    /// <summary>The pages as they come.</summary>
    public static async IAsyncEnumerable<JsonObject> PagesAsync(
        CallInvoker calls,
        SubscribeRequest request,
        [EnumeratorCancellation] CancellationToken stop
    )
    {
        await foreach (var page in ReadAsync(calls, request, stop))
            yield return new JsonObject
            {
                ["page"] = new JsonObject
                {
                    ["changes"] = new JsonArray([.. page.Changes.Select(Observed)]),
                    ["reset"] = page.Reset,
                    ["live"] = page.Checkpoint is not null,
                    ["resumeToken"] = page.ResumeToken,
                },
            };
    }

    /// <summary>What whoever applies the pages holds at each checkpoint.</summary>
    public static async IAsyncEnumerable<JsonObject> SnapshotsAsync(
        CallInvoker calls,
        SubscribeRequest request,
        [EnumeratorCancellation] CancellationToken stop
    )
    {
        var held = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        var changes = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
        HashSet<string>? kept = null;
        await foreach (var page in ReadAsync(calls, request, stop))
        {
            if (page.Reset)
                kept = [];
            foreach (var change in page.Changes)
            {
                changes[change.DocumentId] = Observed(change);
                kept?.Add(change.DocumentId);
                if (change.Put is null)
                    held.Remove(change.DocumentId);
                else
                    held[change.DocumentId] = changes[change.DocumentId]["document"]!.DeepClone().AsObject();
            }
            if (page.Checkpoint is null)
                continue;
            foreach (var gone in held.Keys.Where(id => kept?.Contains(id) == false).ToList())
                held.Remove(gone);
            kept = null;
            yield return new JsonObject
            {
                ["snapshot"] = new JsonObject
                {
                    ["documents"] = new JsonArray([.. held.Values.Select(document => document.DeepClone())]),
                    ["changes"] = new JsonArray([.. changes.Values]),
                    ["live"] = true,
                    ["error"] = null,
                },
            };
            changes.Clear();
        }
    }

    private static async IAsyncEnumerable<Page> ReadAsync(
        CallInvoker calls,
        SubscribeRequest request,
        [EnumeratorCancellation] CancellationToken stop
    )
    {
        using var call = new SyncService.SyncServiceClient(calls).Subscribe(request, cancellationToken: stop);
        while (await call.ResponseStream.MoveNext(stop))
        {
            var message = call.ResponseStream.Current;
            switch (message.EventCase)
            {
                case SubscribeResponse.EventOneofCase.Page:
                    yield return message.Page;
                    break;
                case SubscribeResponse.EventOneofCase.ScopeEnded:
                    throw message.ScopeEnded.Status.ToRpcException();
                case SubscribeResponse.EventOneofCase.End:
                    throw message.End.Status.ToRpcException();
            }
        }
        throw new InvalidOperationException("The stream was interrupted: it ended without saying why.");
    }

    private static JsonObject Observed(Change change) =>
        new()
        {
            ["id"] = change.DocumentId,
            ["document"] = change.Put is { } put
                ? RawContent.Document(change.DocumentId, put.Json, put.Etag, put.CreateTime, put.UpdateTime, put.Acl)
                : null,
            ["cause"] = change.Removed is { } removed
                ? JsonNamingPolicy.SnakeCaseLower.ConvertName($"{removed.Cause}")
                : null,
        };
}
