using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Vibe.Access.V1;
using Vibe.Data.V1;
using Vibe.Sync.V1;
using Vibe.Testing;

namespace Vibe.Server.Tests;

/// <summary>Calls as short as tests want them: contents are JSON text, names are whole.</summary>
internal static class DocumentCalls
{
    public static ByteString Utf8(string text) => ByteString.CopyFromUtf8(text);

    public static string Text(this Document document) => document.Json.ToStringUtf8();

    public static async Task<Document> CreateAsync(
        this Actor actor,
        string parent,
        string id,
        string json = "{}",
        string key = "",
        Acl? acl = null
    ) => (await actor.CreatedAsync(parent, id, json, key, acl)).Document;

    public static async Task<CreateDocumentResponse> CreatedAsync(
        this Actor actor,
        string parent,
        string id,
        string json = "{}",
        string key = "",
        Acl? acl = null
    ) =>
        await actor.Documents.CreateDocumentAsync(
            new CreateDocumentRequest
            {
                Parent = parent,
                DocumentId = id,
                Document = new Document { Json = Utf8(json), Acl = acl },
                IdempotencyKey = key,
            }
        );

    public static async Task<Document> GetAsync(this Actor actor, string name, params string[] consistencyTokens)
    {
        var request = new GetDocumentRequest { Name = name, JsonBodies = true };
        request.ConsistencyTokens.Add(consistencyTokens);
        return (await actor.Documents.GetDocumentAsync(request)).Document;
    }

    public static async Task<Document> UpdateAsync(
        this Actor actor,
        string name,
        string json,
        string[]? paths = null,
        string ifMatch = "",
        bool allowMissing = false,
        string key = ""
    )
    {
        var request = new UpdateDocumentRequest
        {
            Name = name,
            Document = new Document { Json = Utf8(json) },
            IfMatch = ifMatch,
            AllowMissing = allowMissing,
            IdempotencyKey = key,
        };
        request.UpdatePaths.Add(paths ?? []);
        return (await actor.Documents.UpdateDocumentAsync(request)).Document;
    }

    public static async Task<string> DeleteAsync(
        this Actor actor,
        string name,
        string ifMatch = "",
        bool allowMissing = false,
        string key = ""
    ) =>
        (
            await actor.Documents.DeleteDocumentAsync(
                new DeleteDocumentRequest
                {
                    Name = name,
                    IfMatch = ifMatch,
                    AllowMissing = allowMissing,
                    IdempotencyKey = key,
                }
            )
        ).ConsistencyToken;

    public static async Task<Document> ShareAsync(
        this Actor actor,
        string name,
        Acl? acl,
        string ifMatch = "",
        string key = ""
    ) =>
        (
            await actor.Documents.SetDocumentAclAsync(
                new SetDocumentAclRequest
                {
                    Name = name,
                    Acl = acl,
                    IfMatch = ifMatch,
                    IdempotencyKey = key,
                }
            )
        ).Document;

    public static async Task<ListDocumentsResponse> ListAsync(
        this Actor actor,
        string parent,
        int pageSize = 0,
        string pageToken = ""
    ) =>
        await actor.Documents.ListDocumentsAsync(
            new ListDocumentsRequest
            {
                Parent = parent,
                PageSize = pageSize,
                PageToken = pageToken,
                JsonBodies = true,
            }
        );

    /// <summary>Follows a list from the first page to the last.</summary>
    public static async Task<List<Document>> ListAllAsync(
        this Actor actor,
        string parent,
        int pageSize = 0,
        Func<Task>? betweenPages = null
    )
    {
        var all = new List<Document>();
        var token = "";
        do
        {
            var page = await actor.ListAsync(parent, pageSize, token);
            all.AddRange(page.Documents);
            token = page.NextPageToken;
            if (betweenPages is not null)
                await betweenPages();
        } while (token.Length > 0);
        return all;
    }

    public static async Task<BatchWriteResponse> BatchAsync(
        this Actor actor,
        string parent,
        IEnumerable<Write> writes,
        string key = ""
    )
    {
        var request = new BatchWriteRequest { Parent = parent, IdempotencyKey = key };
        request.Writes.Add(writes);
        return await actor.Documents.BatchWriteAsync(request);
    }

    /// <summary>Everything that changed behind a token, with the next one.</summary>
    public static async Task<(List<Change> Changes, string Token)> PullAsync(
        this Actor actor,
        string collection,
        string token = ""
    )
    {
        var changes = new List<Change>();
        while (true)
        {
            var scope = new Scope { Collection = collection, ResumeToken = token };
            var page = (await actor.Sync.PullAsync(new PullRequest { Scope = scope })).Page;
            changes.AddRange(page.Changes);
            token = page.ResumeToken;
            if (page.Checkpoint is not null)
                return (changes, token);
        }
    }

    public static Write Creation(string name, string json = "{}") =>
        new()
        {
            Document = name,
            Create = new CreateWrite { Json = Utf8(json) },
        };

    public static Write Change(string name, string json, params string[] paths)
    {
        var update = new UpdateWrite { Json = Utf8(json) };
        update.UpdatePaths.Add(paths);
        return new Write { Document = name, Update = update };
    }

    public static Write Deletion(string name, bool allowMissing = false) =>
        new()
        {
            Document = name,
            Delete = new DeleteWrite { AllowMissing = allowMissing },
        };

    public static Write Sharing(string name, Acl? acl) =>
        new()
        {
            Document = name,
            SetAcl = new SetAclWrite { Acl = acl },
        };

    /// <summary>A list that allows one person something.</summary>
    public static Acl Allowing(Person person, params Operation[] operations) => Allowing(person.Did, operations);

    /// <summary>A list that allows one person something.</summary>
    public static Acl Allowing(string did, params Operation[] operations)
    {
        var rule = new AclRule();
        rule.People.Add(did);
        rule.Operations.Add(operations);
        var acl = new Acl();
        acl.Allow.Add(rule);
        return acl;
    }

    /// <summary>The reason for which a call is refused.</summary>
    public static async Task<string> ReasonAsync(Func<Task> call) => (await Vibe.Testing.Refused.Async(call)).Reason();

    /// <summary>
    /// All that a refusal tells, but for the id of the request and the names that the caller gave itself, which become
    /// <c>@0</c>, <c>@1</c>, ….
    /// </summary>
    public static async Task<string> ToldAsync(Func<Task> call, params string[] given)
    {
        var refusal = await Vibe.Testing.Refused.Async(call);
        var status = refusal.GetRpcStatus()!;
        var trailers = refusal.Trailers.Select(entry => entry.Key).Order(StringComparer.Ordinal);
        var info = status.GetDetail<ErrorInfo>()!;
        var metadata = info.Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal);
        var text = string.Join(
            '\n',
            [
                $"{refusal.StatusCode} {status.Code} {refusal.Status.Detail} {status.Message}",
                $"{info.Reason} {info.Domain} {string.Join(' ', metadata.Select(pair => $"{pair.Key}={pair.Value}"))}",
                $"{status.GetDetail<BadRequest>()} {status.GetDetail<RetryInfo>()}",
                .. status.Details.Select(detail => detail.TypeUrl),
                .. trailers,
            ]
        );
        for (var index = 0; index < given.Length; index++)
            // Whole words alone: the id of a space may hold the same letters.
            text = Regex.Replace(text, $"(?<![A-Za-z0-9]){Regex.Escape(given[index])}(?![A-Za-z0-9])", $"@{index}");
        return text;
    }
}
