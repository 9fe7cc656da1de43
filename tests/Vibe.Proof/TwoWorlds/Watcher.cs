using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using Vibe.Access.V1;
using Vibe.Data.V1;
using Vibe.Sync.V1;
using Vibe.Testing;

namespace Vibe.Proof.TwoWorlds;

/// <summary>
/// Carries out the same script in each of two worlds, writes down all that it is told, and keeps a subscription open all
/// the while. What it does depends on seeds and on its own transcript alone.
/// </summary>
internal sealed class Watcher : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private static readonly string[] Ids = ["d0", "d1", "d2", "d3", "d4", "d5", "d6", "h0", "h0x", "h1", "h2", "never"];

    private static readonly (string Json, string[] Paths)[] Updates =
    [
        ("""{"a":"new"}""", []),
        ("""{"a":"newer"}""", ["/a"]),
        ("{}", ["/a"]),
        ("""{"a":7,"b":8}""", ["/a", "/b"]),
        ("""{"a":9}""", ["*"]),
        ("""{"a":{"x":1}}""", ["/a/x"]),
        ("""{"c":{"x":1}}""", ["/c/x"]),
        ("""{"c":1}""", []),
        ("""{"nobody has this":1}""", []),
        ("{}", ["/c"]),
        ("""{"a":1,"b":2}""", ["/a"]),
        ("{}", []),
    ];

    private readonly World _world;
    private readonly Sight _sight;
    private readonly Transcript _transcript;
    private readonly Metadata _none = [];
    private readonly List<string> _own = [];
    private readonly List<string> _resumeTokens = [""];
    private readonly List<string> _pageTokens = [];
    private readonly List<string> _etags = ["*", "AAAAAAAAAAAAAAAAAAAAAA"];
    private readonly List<string> _moments = [];
    private readonly List<Func<Task>> _replays = [];
    private AsyncServerStreamingCall<SubscribeResponse>? _stream;
    private string _settled = "";

    public Watcher(World world, Sight sight)
    {
        (_world, _sight) = (world, sight);
        _transcript = new Transcript(world);
    }

    public IReadOnlyList<string> Lines => _transcript.Lines;

    private bool Reads => _sight != Sight.BlindApp;
    private DocumentService.DocumentServiceClient Documents => _world.Watcher.Documents;
    private SyncService.SyncServiceClient Sync => _world.Watcher.Sync;

    public async Task BeginAsync()
    {
        if (!Reads)
            return;
        var request = new SubscribeRequest();
        request.Scopes.Add(new Scope { Collection = _world.Collection() });
        _stream = Sync.Subscribe(request);
        _transcript.Status("stream", null, await _stream.ResponseHeadersAsync, _none);
        await NextAsync();
        await NextAsync();
        await SettleAsync();
    }

    /// <summary>
    /// Waits until the stream has said what a pull says too, so that each change comes in a message of its own.
    /// </summary>
    public async Task SettleAsync()
    {
        if (!Reads)
            return;
        if (await PullAsync(_settled, 0) is not { Page: { } page })
            return;
        _settled = page.ResumeToken;
        if (_resumeTokens.Count > 1 && page.Changes.Count > 0)
            await NextAsync();
        _resumeTokens.Add(page.ResumeToken);
    }

    public async Task LookAsync(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 3; i++)
        {
            await ActAsync(random);
            await SettleAsync();
        }
    }

    /// <summary>Reads everything once more, in every size.</summary>
    public async Task EndAsync()
    {
        foreach (var id in Ids)
            await GetAsync(id, "");
        for (var size = 1; size <= 4; size++)
            await ListAsync("", size, size % 2 == 0);
        await ListAsync("", 0, true);
        foreach (var token in new[] { _resumeTokens[0], _resumeTokens[_resumeTokens.Count / 2], _resumeTokens[^1] })
            await PullToEndAsync(token, 2);
        await PullToEndAsync("", 0);
        await CollectionsAsync();
        if (Reads)
            await CatchUpAsync(_resumeTokens[_resumeTokens.Count / 3]);
        await SettleAsync();
    }

    public ValueTask DisposeAsync()
    {
        _stream?.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task ActAsync(Random random)
    {
        T Pick<T>(IReadOnlyList<T> choices) => choices[random.Next(choices.Count)];
        var writable =
            Reads ? [.. Ids, .. _own]
            : _own.Count > 0 ? _own
            : ["never"];
        var id = Pick(writable);
        var key = random.Next(3) == 0 ? $"key{random.Next(2)}" : "";
        switch (random.Next(15))
        {
            case 0 or 1:
                await GetAsync(
                    Pick([.. Ids, .. _own]),
                    random.Next(3) == 0 && _moments.Count > 0 ? Pick(_moments) : ""
                );
                break;
            case 2 or 3:
                await ListAsync("", random.Next(1, 7), random.Next(2) == 0);
                break;
            case 4 when _pageTokens.Count > 0:
                await ListAsync(Pick(_pageTokens), random.Next(1, 4), true);
                break;
            case 5 or 6:
                await PullToEndAsync(Pick(_resumeTokens), random.Next(0, 6));
                break;
            case 7:
                await CreateAsync(random.Next(2) == 0 ? Pick(Ids) : $"o{_own.Count}", key);
                break;
            case 8 or 9:
                var (json, paths) = Pick(Updates);
                await UpdateAsync(id, json, paths, random.Next(2) == 0 ? Pick(_etags) : "", random.Next(6) == 0, key);
                break;
            case 10:
                await DeleteAsync(
                    random.Next(2) == 0 ? id : $"o{random.Next(3)}",
                    random.Next(3) == 0 ? Pick(_etags) : "",
                    random.Next(3) == 0,
                    key
                );
                break;
            case 11:
                await BatchAsync(id, $"o{_own.Count}", Pick(Ids), key);
                break;
            case 12 when _replays.Count > 0:
                await Pick(_replays)();
                break;
            case 13:
                await BrokenAsync(Pick(_resumeTokens), Pick([.. _pageTokens, "AAAA"]), random);
                break;
            case 14:
                await ShareAsync(id);
                break;
            default:
                await CollectionsAsync();
                break;
        }
    }

    private async Task GetAsync(string id, string moment)
    {
        var request = new GetDocumentRequest { Name = _world.Document(id), JsonBodies = true };
        if (moment.Length > 0)
            request.ConsistencyTokens.Add(moment);
        var got = await CallAsync($"get {id}", Documents.GetDocumentAsync(request));
        if (got is not null)
            _etags.Add(got.Document.Etag);
    }

    private async Task ListAsync(string token, int size, bool asJson)
    {
        do
        {
            var request = new ListDocumentsRequest
            {
                Parent = _world.Collection(),
                PageSize = size,
                PageToken = token,
                JsonBodies = asJson,
            };
            var page = await CallAsync($"list {size}", Documents.ListDocumentsAsync(request));
            token = page?.NextPageToken ?? "";
            if (token.Length > 0)
                _pageTokens.Add(token);
        } while (token.Length > 0);
    }

    private Task<PullResponse?> PullAsync(string token, int size) =>
        CallAsync(
            $"pull {size}",
            Sync.PullAsync(
                new PullRequest
                {
                    Scope = new Scope { Collection = _world.Collection(), ResumeToken = token },
                    PageSize = size,
                }
            )
        );

    private async Task PullToEndAsync(string token, int size)
    {
        while (await PullAsync(token, size) is { Page: { } page })
        {
            token = page.ResumeToken;
            _resumeTokens.Add(token);
            if (page.Checkpoint is not null)
                return;
        }
    }

    private async Task CreateAsync(string id, string key)
    {
        var request = new CreateDocumentRequest
        {
            Parent = _world.Collection(),
            DocumentId = id,
            Document = new Document { Json = ByteString.CopyFromUtf8("""{"a":"mine"}""") },
            IdempotencyKey = key,
        };
        async Task Call()
        {
            if (await CallAsync($"create {id} {key}", Documents.CreateDocumentAsync(request)) is not { } created)
                return;
            _moments.Add(created.ConsistencyToken);
            if (!_own.Contains(id))
                _own.Add(id);
        }
        _replays.Add(Call);
        await Call();
    }

    private async Task UpdateAsync(string id, string json, string[] paths, string etag, bool orCreate, string key)
    {
        var request = new UpdateDocumentRequest
        {
            Name = _world.Document(id),
            Document = new Document { Json = ByteString.CopyFromUtf8(json) },
            IfMatch = orCreate ? "" : etag,
            AllowMissing = orCreate,
            IdempotencyKey = key,
        };
        request.UpdatePaths.Add(paths);
        async Task Call()
        {
            var what =
                $"update {id} {json} {string.Join(',', paths)} {(etag.Length > 0 ? "if_match" : "")} {orCreate} {key}";
            var updated = await CallAsync(what, Documents.UpdateDocumentAsync(request));
            if (updated?.Document.Etag is { Length: > 0 } next)
                _etags.Add(next);
        }
        _replays.Add(Call);
        await Call();
    }

    private async Task DeleteAsync(string id, string etag, bool orNothing, string key)
    {
        var request = new DeleteDocumentRequest
        {
            Name = _world.Document(id),
            IfMatch = orNothing ? "" : etag,
            AllowMissing = orNothing,
            IdempotencyKey = key,
        };
        async Task Call() => await CallAsync($"delete {id} {orNothing} {key}", Documents.DeleteDocumentAsync(request));
        _replays.Add(Call);
        await Call();
    }

    private async Task BatchAsync(string update, string create, string other, string key)
    {
        var request = new BatchWriteRequest { Parent = _world.Space, IdempotencyKey = key };
        void Add(string id, Action<Write> action)
        {
            var name = _world.Document(id);
            if (request.Writes.Any(write => write.Document == name))
                return;
            var write = new Write { Document = name };
            action(write);
            request.Writes.Add(write);
        }
        Add(update, write => write.Update = new UpdateWrite { Json = ByteString.CopyFromUtf8("""{"a":"batch"}""") });
        if (_sight is not (Sight.Guest or Sight.GuestApp))
            Add(create, write => write.Create = new CreateWrite { Json = ByteString.CopyFromUtf8("{}") });
        if (Reads)
            Add(other, write => write.Update = new UpdateWrite { Json = ByteString.CopyFromUtf8("""{"a":"too"}""") });
        async Task Call()
        {
            if (
                await CallAsync($"batch {update} {create} {other} {key}", Documents.BatchWriteAsync(request))
                    is not null
                && request.Writes.Any(write => write.Create is not null)
                && !_own.Contains(create)
            )
                _own.Add(create);
        }
        _replays.Add(Call);
        await Call();
    }

    // A guest that may share stays in: what it gives, it has.
    private async Task ShareAsync(string id)
    {
        var acl = _world.List(true, [Operation.Read, Operation.Share]);
        var request = new SetDocumentAclRequest
        {
            Name = _world.Document(id),
            Acl = acl,
            JsonBodies = true,
        };
        await CallAsync($"share {id}", Documents.SetDocumentAclAsync(request));
    }

    private Task CollectionsAsync() =>
        CallAsync(
            "collections",
            _world.Watcher.Collections.ListCollectionsAsync(new ListCollectionsRequest { Parent = _world.Space })
        );

    private async Task BrokenAsync(string resume, string page, Random random)
    {
        // Cut where no bits are left over: whether those are zero is chance, and decides whether it has the form of a token.
        string Break(string token) =>
            random.Next(3) switch
            {
                0 => "not a token",
                1 => token.Length > 8 ? token[..(token.Length / 8 * 4)] : "x",
                _ => token.Length > 8 ? $"{token[..8]}{(token[8] == 'A' ? 'B' : 'A')}{token[9..]}" : "y",
            };
        await PullAsync(Break(resume), 1);
        await CallAsync(
            "list from a broken token",
            Documents.ListDocumentsAsync(
                new ListDocumentsRequest { Parent = _world.Collection(), PageToken = Break(page) }
            )
        );
        var get = new GetDocumentRequest { Name = _world.Document("d0") };
        get.ConsistencyTokens.Add(Break(_moments.LastOrDefault("AAAA")));
        await CallAsync("get from a broken token", Documents.GetDocumentAsync(get));
    }

    /// <summary>A second subscription, which is far behind, up to its checkpoint.</summary>
    private async Task CatchUpAsync(string token)
    {
        var request = new SubscribeRequest();
        request.Scopes.Add(new Scope { Collection = _world.Collection(), ResumeToken = token });
        using var behind = Sync.Subscribe(request);
        using var late = new CancellationTokenSource(Patience);
        while (await behind.ResponseStream.MoveNext(late.Token))
        {
            _transcript.Message("behind", behind.ResponseStream.Current);
            if (behind.ResponseStream.Current.Page?.Checkpoint is not null)
                return;
        }
    }

    private async Task NextAsync()
    {
        using var late = new CancellationTokenSource(Patience);
        try
        {
            if (!await _stream!.ResponseStream.MoveNext(late.Token))
                throw new InvalidOperationException("The stream ended.");
        }
        catch (RpcException) when (late.IsCancellationRequested)
        {
            throw new TimeoutException("The stream is silent about something that a pull shows.");
        }
        _transcript.Message("stream", _stream.ResponseStream.Current);
    }

    private async Task<TResponse?> CallAsync<TResponse>(string what, AsyncUnaryCall<TResponse> call)
        where TResponse : class, IMessage
    {
        using (call)
        {
            try
            {
                var response = await call.ResponseAsync;
                _transcript.Status(what, null, await call.ResponseHeadersAsync, call.GetTrailers());
                _transcript.Message(what, response);
                return response;
            }
            catch (RpcException refusal)
            {
                _transcript.Status(what, refusal, await call.ResponseHeadersAsync, call.GetTrailers());
                return null;
            }
        }
    }
}
