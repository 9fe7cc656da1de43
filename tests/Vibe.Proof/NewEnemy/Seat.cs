using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Vibe.Access.V1;
using Vibe.Data.V1;
using Vibe.Sync.V1;

namespace Vibe.Proof.NewEnemy;

/// <summary>What somebody calls with: a token, and who it says it is.</summary>
internal sealed record Pass(Asker Asker, string Token);

/// <summary>Calls about one space for whoever has a pass, and writes down what was asked and told.</summary>
internal sealed class Seat(Replicas replicas, Record record, string space)
{
    private const string CollectionId = "notes";

    public string Collection => $"spaces/{space}/collections/{CollectionId}";

    public Task GetAsync(Pass pass, Random random, string id) =>
        CallAsync(
            pass,
            random,
            new Asked(pass.Asker, Method.Get, id),
            null,
            async (invoker, options) =>
            {
                var request = new GetDocumentRequest { Name = NameOf(id), JsonBodies = true };
                var answer = await new DocumentService.DocumentServiceClient(invoker).GetDocumentAsync(
                    request,
                    options
                );
                return Told.One(id, answer.Document.Json.ToStringUtf8());
            }
        );

    public Task ListAsync(Pass pass, Random random) =>
        CallAsync(
            pass,
            random,
            new Asked(pass.Asker, Method.List),
            null,
            async (invoker, options) =>
            {
                var request = new ListDocumentsRequest { Parent = Collection, JsonBodies = true };
                var answer = await new DocumentService.DocumentServiceClient(invoker).ListDocumentsAsync(
                    request,
                    options
                );
                return Told.Shown(
                    answer.Documents.ToDictionary(
                        document => document.Name.Split('/')[^1],
                        document => document.Json.ToStringUtf8()
                    )
                );
            }
        );

    /// <summary>Pulls what is behind a copy, into it.</summary>
    public Task PullAsync(Pass pass, Random random, Copy copy) =>
        CallAsync(
            pass,
            random,
            new Asked(pass.Asker, Method.Follow),
            null,
            async (invoker, options) =>
            {
                var scope = new Scope { Collection = Collection, ResumeToken = copy.Token };
                var answer = await new SyncService.SyncServiceClient(invoker).PullAsync(
                    new PullRequest { Scope = scope },
                    options
                );
                copy.Take(answer.Page);
                return Told.Shown(copy.Documents);
            }
        );

    public Task<bool> CreateAsync(Pass pass, Random random, string[] ids, string[] members, Acl? acl = null)
    {
        var mark = NewMark();
        var json = Json(members, mark);
        return CallAsync(
            pass,
            random,
            new Asked(pass.Asker, Method.Create, ids[0], members),
            mark,
            async (invoker, options) =>
            {
                var client = new DocumentService.DocumentServiceClient(invoker);
                if (ids.Length == 1)
                {
                    var request = new CreateDocumentRequest
                    {
                        Parent = Collection,
                        DocumentId = ids[0],
                        Document = new Document { Json = json, Acl = acl },
                    };
                    var answer = await client.CreateDocumentAsync(request, options);
                    return Seen(ids[0], answer.Document);
                }
                var batch = new BatchWriteRequest { Parent = $"spaces/{space}" };
                batch.Writes.Add(
                    ids.Select(id => new Write
                    {
                        Document = NameOf(id),
                        Create = new CreateWrite { Json = json, Acl = acl },
                    })
                );
                await client.BatchWriteAsync(batch, options);
                return Told.LetIn;
            }
        );
    }

    public Task<bool> UpdateAsync(Pass pass, Random random, string id, params string[] members)
    {
        var mark = NewMark();
        return CallAsync(
            pass,
            random,
            new Asked(pass.Asker, Method.Update, id, members),
            mark,
            async (invoker, options) =>
            {
                var request = new UpdateDocumentRequest
                {
                    Name = NameOf(id),
                    Document = new Document { Json = Json(members, mark) },
                };
                var answer = await new DocumentService.DocumentServiceClient(invoker).UpdateDocumentAsync(
                    request,
                    options
                );
                return Seen(id, answer.Document);
            }
        );
    }

    public Task<bool> DeleteAsync(Pass pass, Random random, string id) =>
        CallAsync(
            pass,
            random,
            new Asked(pass.Asker, Method.Delete, id),
            $"delete {id}",
            async (invoker, options) =>
            {
                var request = new DeleteDocumentRequest { Name = NameOf(id) };
                await new DocumentService.DocumentServiceClient(invoker).DeleteDocumentAsync(request, options);
                return Told.LetIn;
            }
        );

    /// <summary>Replaces a document's list by one that allows a person some operations; it bears a mark of its own.</summary>
    public Task<bool> ShareAsync(Pass pass, Random random, string id, string person, Operation[] operations)
    {
        var mark = $"mark-{NewMark()}";
        return CallAsync(
            pass,
            random,
            new Asked(pass.Asker, Method.Share, id),
            mark,
            async (invoker, options) =>
            {
                var request = new SetDocumentAclRequest
                {
                    Name = NameOf(id),
                    Acl = ListOf(person, operations, $"did:vibe:{mark}"),
                    JsonBodies = true,
                };
                var answer = await new DocumentService.DocumentServiceClient(invoker).SetDocumentAclAsync(
                    request,
                    options
                );
                return Seen(id, answer.Document);
            }
        );
    }

    /// <summary>Opens a subscription that goes on from a copy.</summary>
    public Watching Watch(Pass pass, Random random, Copy copy) =>
        new(
            replicas,
            random.Next(2) == 0 ? replicas.Own : replicas.Any(random),
            record,
            pass,
            new Scope { Collection = Collection, ResumeToken = copy.Token },
            copy
        );

    public static CallOptions Options(Pass pass, string? operation = null) =>
        new([
            new("authorization", $"Bearer {pass.Token}"),
            new(Disturbance.OperationHeader, operation ?? Disturbance.Operation.Value ?? ""),
        ]);

    /// <summary>A list that allows one person some operations, and another, if any, to read.</summary>
    public static Acl ListOf(string person, Operation[] operations, string? reader = null)
    {
        var acl = new Acl();
        if (operations.Length > 0)
        {
            var rule = new AclRule { People = { person } };
            rule.Operations.Add(operations);
            acl.Allow.Add(rule);
        }
        if (reader is not null)
            acl.Allow.Add(new AclRule { People = { reader }, Operations = { Operation.Read } });
        return acl;
    }

    /// <summary>The reason of a refusal, or nothing where the connection broke.</summary>
    public static string? ReasonOf(RpcException exception) => exception.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason;

    private async Task<bool> CallAsync(
        Pass pass,
        Random random,
        Asked asked,
        string? mark,
        Func<CallInvoker, CallOptions, Task<Told>> call
    )
    {
        var invoker = replicas.Any(random);
        var begin = Moments.Now;
        var (told, end) = (Told.Nothing, Call.Never);
        try
        {
            told = await call(invoker, Options(pass));
            end = Moments.Now;
        }
        catch (RpcException exception) when (ReasonOf(exception) is { } reason)
        {
            end = Moments.Now;
            if (reason is "INTERNAL" or "STORAGE_UNAVAILABLE" or "OUTCOME_UNKNOWN")
                record.Fail($"{asked} was answered with {reason}: {exception.Status.Detail}");
            else if (reason != "SPACE_BUSY")
                told = Told.Refused(reason);
        }
        catch (RpcException exception)
        {
            if (!replicas.WereKilled(begin, Moments.Now))
                record.Fail($"{asked} broke: {exception.Status}");
        }
        record.Add(new Call(asked, begin, end, told) { Mark = mark });
        return told is { Sight: not null };
    }

    private string NameOf(string id) => $"{Collection}/documents/{id}";

    private string NewMark() => $"w{record.NextNumber()}";

    private static Told Seen(string id, Document document) =>
        document.Json.Length == 0 ? Told.LetIn : Told.One(id, document.Json.ToStringUtf8());

    private static ByteString Json(string[] members, string mark) =>
        ByteString.CopyFromUtf8(
            $"{{{string.Join(',', members.Order().Select(member => $"\"{member}\":\"{mark}\""))}}}"
        );
}

/// <summary>What a reader holds of a view, and how far it is.</summary>
internal sealed class Copy
{
    private readonly Dictionary<string, string> _documents = [];

    public string Token { get; private set; } = "";

    /// <summary>What the reader holds now.</summary>
    public IReadOnlyDictionary<string, string> Documents => new Dictionary<string, string>(_documents);

    /// <summary>Takes a page; tells whether the reader then holds what there was at one moment.</summary>
    public bool Take(Page page)
    {
        if (page.Reset)
            _documents.Clear();
        foreach (var change in page.Changes)
        {
            if (change.Put is { } put)
                _documents[change.DocumentId] = put.Json.ToStringUtf8();
            else
                _documents.Remove(change.DocumentId);
        }
        Token = page.ResumeToken;
        return page.Checkpoint is not null;
    }
}
