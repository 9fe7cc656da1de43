using Google.Protobuf;
using Vibe.Access.V1;
using Vibe.Consent.V1;
using Vibe.Data.V1;
using Vibe.Sync.V1;

namespace Vibe.Proof.TwoWorlds;

/// <summary>What the watcher does, drawn from a seed.</summary>
internal sealed partial class Watcher
{
    /// <summary>
    /// What a watcher that reads nothing writes to: an update tells whether there is something to update, so these are
    /// never deleted out of its sight.
    /// </summary>
    public static readonly string[] BlindWrites = ["movies/d0", "movies/d1"];

    private static readonly string[] Paths =
    [
        "movies/d0",
        "movies/d1",
        "movies/d2",
        "movies/d3",
        "movies/d4",
        "movies/d5",
        "movies/d6",
        "movies/d7",
        "movies/h0",
        "movies/h0x",
        "movies/h1",
        "movies/never",
    ];

    private static readonly (string Json, string[] Paths)[] Updates =
    [
        ("""{"a":"new"}""", []),
        ("""{"a":"newer"}""", ["/a"]),
        ("{}", ["/a"]),
        ("""{"a":7,"b":8}""", ["/a", "/b"]),
        ("""{"a":9}""", ["*"]),
        ("""{"a":{"x":1}}""", ["/a/x"]),
        ("""{"a":{"x":1}}""", ["/a/x"]),
        ("""{"c":{"x":1}}""", ["/c/x"]),
        ("""{"c":1}""", []),
        ("""{"nobody has this":1}""", []),
        ("{}", ["/c"]),
        ("""{"a":1,"b":2}""", ["/a"]),
        ("{}", []),
    ];

    // The writes among all that a watcher does.
    private static readonly int[] Writing = [6, 7, 8, 9, 10, 12, 13];

    private static readonly string Large = $$"""{"a":"{{new string('y', 600_000)}}"}""";
    private static readonly string TooLarge = $$"""{"a":"{{new string('y', 1_100_000)}}"}""";

    private readonly List<string> _own = [];
    private readonly List<string> _resumeTokens = [""];
    private readonly List<string> _pageTokens = [];
    private readonly List<string> _etags = ["*", "AAAAAAAAAAAAAAAAAAAAAA"];
    private readonly List<string> _moments = [];
    private readonly List<Func<Task>> _replays = [];
    private readonly List<Func<Task>> _keyed = [];
    private string _last = "";

    /// <summary>Does a few things.</summary>
    public async Task LookAsync(int seed)
    {
        var random = new Random(seed);
        for (var i = random.Next(1, 4); i > 0; i--)
            await ActAsync(random);
    }

    /// <summary>Reads everything once more, in sizes drawn from a seed.</summary>
    public async Task EndAsync(int seed, bool isHeavy)
    {
        var random = new Random(seed);
        if (isHeavy)
        {
            await UpdateAsync("movies/d1", TooLarge, [], "", false, "");
            await UpdateAsync("movies/d0", Large, [], "", false, "");
        }
        foreach (var path in Paths.Where(_ => random.Next(4) == 0))
            await GetAsync(path, "");
        foreach (var repeat in _keyed.TakeLast(3))
            await WriteAsync(repeat);
        await ListAsync("", random.Next(1, 4), random.Next(2) == 0);
        await ListAsync("", 0, true);
        if (Reads)
            await PullToEndAsync(_resumeTokens[random.Next(_resumeTokens.Count)], random.Next(1, 4));
        await PullToEndAsync("", 0);
        await CollectionsAsync();
        if (Reads && random.Next(2) == 0)
            await CatchUpAsync(_resumeTokens[_resumeTokens.Count / 3]);
        await SettleAsync(Cast.Movies, Cast.Songs);
    }

    private async Task ActAsync(Random random)
    {
        T Pick<T>(IReadOnlyList<T> choices) => choices[random.Next(choices.Count)];
        string[] writable = [.. Reads ? Paths : BlindWrites, .. _own];
        // Mostly what is there from the beginning.
        var path = Reads && random.Next(2) == 0 ? Paths[random.Next(4)] : Pick(writable);
        var key = random.Next(3) == 0 ? $"key{random.Next(2)}" : "";
        // Whoever reads nothing is refused most of it in the same words every time, and mostly writes.
        switch (Reads || random.Next(4) == 0 ? random.Next(18) : Pick(Writing))
        {
            case 0 or 1:
                await GetAsync(
                    Pick([.. Paths, .. _own]),
                    random.Next(3) == 0 && _moments.Count > 0 ? Pick(_moments) : ""
                );
                break;
            case 2:
                await ListAsync("", random.Next(1, 7), random.Next(2) == 0);
                break;
            case 3 when _pageTokens.Count > 0:
                await ListAsync(Pick(_pageTokens), random.Next(1, 4), true);
                break;
            case 4 or 5:
                await PullToEndAsync(Pick(_resumeTokens), random.Next(0, 6));
                break;
            case 6 or 7:
                await CreateAsync(random.Next(3) > 0 ? Pick(Paths) : $"movies/o{_own.Count}", key);
                break;
            case 8 or 9 or 10:
                var (json, paths) = Pick(Updates);
                // What it saw of the document last, or anything else.
                var etag = random.Next(2) == 0 ? (random.Next(2) == 0 ? await EtagAsync(path) : Pick(_etags)) : "";
                await UpdateAsync(path, json, paths, etag, random.Next(6) == 0, key);
                break;
            case 11:
                await DeleteAsync(
                    random.Next(2) == 0 ? path : $"movies/o{random.Next(3)}",
                    random.Next(3) == 0 ? Pick(_etags) : "",
                    random.Next(3) == 0,
                    key
                );
                break;
            case 12:
                await BatchAsync(path, $"movies/o{_own.Count}", Pick(Paths), key);
                break;
            case 13 when _keyed.Count > 0:
                await WriteAsync(Pick(_keyed));
                break;
            case 13 when _replays.Count > 0:
                await WriteAsync(Pick(_replays));
                break;
            case 14:
                await BrokenAsync(Pick(_resumeTokens), Pick([.. _pageTokens, "AAAA"]), random);
                break;
            case 15:
                await ShareAsync(path);
                break;
            case 16:
                await GrantsAsync();
                break;
            case 17 when Reads:
                await CatchUpAsync(Pick(_resumeTokens));
                break;
            default:
                await CollectionsAsync();
                break;
        }
    }

    private async Task<string> EtagAsync(string path)
    {
        await GetAsync(path, "");
        return _last;
    }

    private async Task GetAsync(string path, string moment)
    {
        var request = new GetDocumentRequest { Name = _world.Hands.Document(path), JsonBodies = true };
        if (moment.Length > 0)
            request.ConsistencyTokens.Add(moment);
        var got = await CallAsync($"get {path}", _documents.GetDocumentAsync(request));
        _last = got?.Document.Etag ?? "";
        if (_last.Length > 0)
            _etags.Add(_last);
    }

    private async Task ListAsync(string token, int size, bool asJson)
    {
        do
        {
            var request = new ListDocumentsRequest
            {
                Parent = _world.Hands.Collection(Cast.Movies),
                PageSize = size,
                PageToken = token,
                JsonBodies = asJson,
            };
            var page = await CallAsync($"list {size}", _documents.ListDocumentsAsync(request));
            token = page?.NextPageToken ?? "";
            if (token.Length > 0)
                _pageTokens.Add(token);
        } while (token.Length > 0);
    }

    private async Task PullToEndAsync(string token, int size)
    {
        while (await PullAsync(Cast.Movies, token, size) is { Page: { } page })
        {
            token = page.ResumeToken;
            _resumeTokens.Add(token);
            if (page.Checkpoint is not null)
                return;
        }
    }

    private Task CreateAsync(string path, string key)
    {
        var request = new CreateDocumentRequest
        {
            Parent = _world.Hands.Collection(Cast.Movies),
            DocumentId = path[(path.IndexOf('/', StringComparison.Ordinal) + 1)..],
            Document = new Document { Json = ByteString.CopyFromUtf8("""{"a":"mine"}""") },
            IdempotencyKey = key,
        };
        return FirstAsync(
            key,
            async () =>
            {
                if (await CallAsync($"create {path} {key}", _documents.CreateDocumentAsync(request)) is not { } created)
                    return;
                _moments.Add(created.ConsistencyToken);
                if (!_own.Contains(path))
                    _own.Add(path);
            }
        );
    }

    private Task UpdateAsync(string path, string json, string[] paths, string etag, bool orCreate, string key)
    {
        var request = new UpdateDocumentRequest
        {
            Name = _world.Hands.Document(path),
            Document = new Document { Json = ByteString.CopyFromUtf8(json) },
            IfMatch = orCreate ? "" : etag,
            AllowMissing = orCreate,
            IdempotencyKey = key,
        };
        request.UpdatePaths.Add(paths);
        var told = json.Length > 100 ? $"{json.Length} bytes" : json;
        var what =
            $"update {path} {told} {string.Join(',', paths)} {(etag.Length > 0 ? "if_match" : "")} {orCreate} {key}";
        return FirstAsync(
            key,
            async () =>
            {
                var updated = await CallAsync(what, _documents.UpdateDocumentAsync(request));
                if (updated?.Document.Etag is { Length: > 0 } next)
                    _etags.Add(next);
            }
        );
    }

    private Task DeleteAsync(string path, string etag, bool orNothing, string key)
    {
        var request = new DeleteDocumentRequest
        {
            Name = _world.Hands.Document(path),
            IfMatch = orNothing ? "" : etag,
            AllowMissing = orNothing,
            IdempotencyKey = key,
        };
        return FirstAsync(
            key,
            () => CallAsync($"delete {path} {orNothing} {key}", _documents.DeleteDocumentAsync(request))
        );
    }

    private Task BatchAsync(string update, string create, string other, string key)
    {
        var request = new BatchWriteRequest { Parent = _world.Space, IdempotencyKey = key };
        void Add(string path, Action<Write> action)
        {
            var name = _world.Hands.Document(path);
            if (request.Writes.Any(write => write.Document == name))
                return;
            var write = new Write { Document = name };
            action(write);
            request.Writes.Add(write);
        }
        Add(update, write => write.Update = new UpdateWrite { Json = ByteString.CopyFromUtf8("""{"a":"batch"}""") });
        if (!IsGuest)
            Add(create, write => write.Create = new CreateWrite { Json = ByteString.CopyFromUtf8("{}") });
        if (Reads)
            Add(other, write => write.Update = new UpdateWrite { Json = ByteString.CopyFromUtf8("""{"a":"too"}""") });
        return FirstAsync(
            key,
            async () =>
            {
                if (
                    await CallAsync($"batch {update} {create} {other} {key}", _documents.BatchWriteAsync(request))
                        is not null
                    && request.Writes.Any(write => write.Create is not null)
                    && !_own.Contains(create)
                )
                    _own.Add(create);
            }
        );
    }

    // A guest that may share stays in: what it gives, it has.
    private Task ShareAsync(string path)
    {
        var request = new SetDocumentAclRequest
        {
            Name = _world.Hands.Document(path),
            Acl = _world.Hands.List(true, [Operation.Read, Operation.Share]),
            JsonBodies = true,
        };
        return WriteAsync(() => CallAsync($"share {path}", _documents.SetDocumentAclAsync(request)));
    }

    private Task CollectionsAsync() =>
        CallAsync(
            "collections",
            _collections.ListCollectionsAsync(new ListCollectionsRequest { Parent = _world.Space })
        );

    private async Task GrantsAsync()
    {
        await CallAsync("own grant", _grants.GetGrantAsync(new GetGrantRequest { Name = _world.OwnGrant }));
        await CallAsync("grant of another", _grants.GetGrantAsync(new GetGrantRequest { Name = _world.OtherGrant }));
        await CallAsync("grants", _grants.ListGrantsAsync(new ListGrantsRequest { Parent = _world.Space }));
    }

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
        await PullAsync(Cast.Movies, Break(resume), 1);
        await CallAsync(
            "list from a broken token",
            _documents.ListDocumentsAsync(
                new ListDocumentsRequest { Parent = _world.Hands.Collection(Cast.Movies), PageToken = Break(page) }
            )
        );
        var get = new GetDocumentRequest { Name = _world.Hands.Document("movies/d0") };
        get.ConsistencyTokens.Add(Break(_moments.LastOrDefault("AAAA")));
        await CallAsync("get from a broken token", _documents.GetDocumentAsync(get));
    }

    private Task FirstAsync(string key, Func<Task> write)
    {
        (key.Length > 0 ? _keyed : _replays).Add(write);
        return WriteAsync(write);
    }

    private async Task WriteAsync(Func<Task> write)
    {
        await write();
        await SettleAsync(Cast.Movies);
    }
}
