using System.Globalization;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Vibe.Access.V1;
using Vibe.Consent.V1;
using Vibe.Data.V1;
using Vibe.Proof.StoredTruth.Oracles;
using Vibe.Sync.V1;
using Vibe.Testing;

namespace Vibe.Proof.StoredTruth;

/// <summary>
/// One space and its life: people and apps write into it, one after the other and all at once, what they are allowed
/// changes, calls are cut off and repeated, and clients follow it all the while.
/// </summary>
internal sealed class History : IAsyncDisposable
{
    private const int Steps = 20;

    private readonly Random _random;
    private readonly Ground _ground;
    private readonly Cast _cast;
    private readonly Person _alice;
    private readonly Guest _guest;
    private readonly Oracle _oracle;
    private readonly Judge _judge;
    private readonly Plot _plot;
    private readonly List<Follower> _followers = [];
    private readonly List<Deed> _done = [];
    private readonly Dictionary<string, Seat> _seats = [];
    private readonly Dictionary<string, Reader> _readers = [];
    private readonly StringBuilder _telling = new();

    private History(Ground ground, Cast cast, int seed, Person alice, Guest guest)
    {
        (_ground, _cast, _alice, _guest) = (ground, cast, alice, guest);
        _random = new Random(seed);
        _oracle = new Oracle(alice.Did);
        var isHeavy = _random.Next(60) == 0;
        _judge = new Judge(_oracle) { IsHeavy = isHeavy };
        _plot = new Plot(_random, alice, guest.Person, isHeavy);
    }

    public List<string> Story { get; } = [];

    /// <summary>How often it did what.</summary>
    public Dictionary<string, long> Coverage { get; } = [];

    /// <summary>All that lists showed, in words that are the same whatever ids accounts have.</summary>
    public string Telling => _telling.ToString();

    public static async Task<History> BeginAsync(Ground ground, Cast cast, int seed)
    {
        var alice = await ground.Server.PersonAsync("alice");
        var history = new History(ground, cast, seed, alice, await cast.TakeGuestAsync());
        await history.CastAsync();
        return history;
    }

    public async Task RunAsync()
    {
        for (var step = 0; step < Steps; step++)
        {
            await ActAsync(step);
            await LookAsync();
        }
        await EndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var follower in _followers)
        {
            Count("pages", follower.Pages);
            Count("checkpoints compared", follower.Checkpoints);
            Count("snapshots", follower.Resets);
            await follower.DisposeAsync();
        }
        _cast.GiveBack(_guest);
    }

    /// <summary>Reads until every follower has what there is.</summary>
    public async Task SettleAsync()
    {
        foreach (var follower in _followers)
            await follower.SettleAsync(() => _plot.PageSize());
    }

    /// <summary>The present place, for who restores it later.</summary>
    public int Now => _oracle.Now;

    /// <summary>Cuts every connection.</summary>
    public void CutAll(string why)
    {
        Tell(why);
        _followers.ForEach(follower => follower.Cut());
    }

    /// <summary>Notes that keys were lost.</summary>
    public void LoseKeys() => _followers.ForEach(follower => follower.LoseKeys());

    /// <summary>Notes that everything behind a place is gone.</summary>
    public void PutBack(int place)
    {
        Tell($"put back to place {place}");
        _oracle.RestoreTo(place);
        _judge.ForgetBehind(_oracle.Ticks(place));
        _done.Clear();
        _plot.Forget(document => !_oracle.WasMade(document));
        _followers.ForEach(follower => follower.PutBack(place));
    }

    /// <summary>Writes documents, and nothing else.</summary>
    public async Task WriteSomeAsync(int deeds)
    {
        for (var i = 0; i < deeds; i++)
            await DoAsync(Deed());
    }

    public void Count(string what, long more = 1) => Coverage[what] = Coverage.GetValueOrDefault(what) + more;

    public void Tell(string what) => Story.Add(string.Create(CultureInfo.InvariantCulture, $"{_oracle.Now}: {what}"));

    private async Task CastAsync()
    {
        Seat(new Party(_alice.Did), _alice.Own.Token!, "owner", "");
        // Guests have been in other histories, longer than a token lives.
        var guest = _ground.Server.Token(_guest.Person.Did, "guest", _guest.Grant.Name.Split('/')[^1]);
        Seat(new Party(_guest.Person.Did), _guest.Person.Renewed().Token!, "bob", "");
        Seat(new Party(_guest.Person.Did, "guest"), guest, "guest", _guest.Grant.Name);
        await ChangeGuestAsync();
        await GrantAsync("masked", _plot.Mask());
        await GrantAsync(
            "whole",
            [new Allow(Cast.Movies, Cast.ReadWrite, "*"), new Allow(Cast.Notes, Cast.ReadWrite, "*")]
        );
        await GrantAsync(
            "sharer",
            [new Allow(Cast.Movies, Cast.ReadWrite, _plot.SharerMembers()), new Allow(Cast.Movies, [Operation.Share])]
        );
        var names = _readers.Keys.ToArray();
        _random.Shuffle(names);
        foreach (var name in names.Take(_random.Next(3, 5)))
            Follow(name, Cast.Movies);
        Follow(_plot.Pick("owner", "whole"), Cast.Notes);
    }

    private void Follow(string name, string collection) =>
        _followers.Add(
            new Follower(
                _ground,
                _oracle,
                _judge,
                _readers[name],
                () => _seats[name],
                _alice.Collection(collection),
                _random.Next(3) > 0
            )
        );

    private void Seat(Party party, string token, string name, string grant)
    {
        _readers[name] = new Reader(name, party);
        _seats[name] = new Seat(_ground, party, token, grant);
    }

    private async Task GrantAsync(string app, Allow[] allowed)
    {
        var asked = new Grant { App = _cast.App(app).Name, ManifestDigest = _cast.App(app).ManifestDigest };
        asked.Access.Add(allowed.Select(Person.ToEntry));
        var request = new CreateGrantRequest { Parent = _alice.Space, Grant = asked };
        var grant = (await _seats["owner"].Grants.CreateGrantAsync(request)).Grant;
        _oracle.Allow(app, grant);
        var token = _ground.Server.Token(_alice.Did, app, grant.Name.Split('/')[^1]);
        Seat(new Party(_alice.Did, app), token, app, grant.Name);
    }

    private async Task ActAsync(int step)
    {
        switch (_random.Next(step < 4 ? 10 : 24))
        {
            case 10:
                await ChangeMaskAsync();
                break;
            case 11:
                await ChangeGuestAsync();
                break;
            case 12 when _ground.CanMint:
                await EndOrBeginGrantAsync();
                break;
            case 13 or 14:
                await StormAsync();
                break;
            case 15 or 16 when _done.Count > 0:
                await RepeatAsync(_plot.Pick([.. _done]));
                break;
            case 17:
                var follower = _plot.Pick([.. _followers]);
                Tell("a client loses what it kept last");
                Count("lost batches");
                follower.Lose(_random.NextDouble());
                break;
            case 18:
                Tell("a connection is cut");
                Count("cut connections");
                _plot.Pick([.. _followers]).Cut();
                break;
            case 19:
                await BorrowAsync();
                break;
            default:
                await DoAsync(Deed());
                break;
        }
        if (await _ground.TroubleAsync(this, _random) is { } trouble)
            Count(trouble);
    }

    private async Task LookAsync()
    {
        var settles = _random.Next(7) == 0;
        foreach (var follower in _followers)
        {
            var (size, pulls) = (_plot.PageSize(), _random.Next(3) == 0);
            if (settles)
                await follower.SettleAsync(() => size);
            else if (follower.IsStream)
                await follower.DrainAsync();
            else if (pulls)
                await follower.PullAsync(size);
        }
        if (_random.Next(4) == 0)
            await ListAsync(_plot.Pick([.. _readers.Values]), Cast.Movies, _plot.PageSize());
    }

    private async Task EndAsync()
    {
        await _ground.CalmAsync();
        Tell("the end");
        await SettleAsync();
        foreach (var reader in _readers.Values)
        {
            await ListAsync(reader, Cast.Movies, 1000);
            await GetAsync(reader);
        }
        await ListAsync(_readers["owner"], Cast.Notes, 1000);
        var head = await _ground.HeadAsync(_alice.Id);
        if (head != _oracle.Ticks(_oracle.Now))
            throw new Violation(
                $"The space has {head} revisions, and there were {_oracle.Ticks(_oracle.Now)} changes."
            );
    }

    private Deed Deed()
    {
        var deed = _plot.Next(name => () => _seats[name], _oracle, Etag);
        return _ground.MayFail && deed.Key.Length == 0 ? deed with { Key = _plot.Key() } : deed;
    }

    private string Etag(string document)
    {
        var sight = _oracle.SightOf(_readers["owner"].Party, _oracle.Now)!;
        var parts = document.Split("/documents/");
        return _oracle.View(sight, parts[0], _oracle.Now).GetValueOrDefault(parts[1])?.Etag ?? "";
    }

    private async Task DoAsync(Deed deed)
    {
        var way = deed.Key.Length == 0 ? 9 : _random.Next(6);
        var pause = _random.Next(3);
        Tell($"{deed}{(way == 0 ? ", cut off" : way == 1 ? ", twice at once" : "")}");
        if (way == 0)
        {
            Count("calls cut off");
            await CutOffAsync(deed, pause);
        }
        var other = way == 1 ? TryAsync(deed) : null;
        var (answer, reason) = await TryAsync(deed);
        if (other is not null)
        {
            Count("calls made twice at once");
            var (twin, refusal) = await other;
            if (refusal != reason)
                throw new Violation(
                    $"The same call at the same time ended as {reason ?? "done"} and as {refusal ?? "done"}."
                );
            answer ??= twin;
        }
        if (answer is null)
        {
            Refused(deed, reason!);
            return;
        }
        Carry(deed, answer);
        if (deed.Key.Length > 0)
            _done.Add(deed);
    }

    // Takes down what was acknowledged, and compares the answer with what its writer sees then.
    private void Carry(Deed deed, Answer answer)
    {
        foreach (var write in deed.Writes)
        {
            var isCreation = write.ActionCase == Write.ActionOneofCase.Create;
            if (isCreation ? _oracle.WasMade(write.Document) : !_oracle.Exists(write.Document))
                throw new Violation(
                    $"It was carried out, and {write.Document} {(isCreation ? "was there before" : "is not there")}."
                );
        }
        var moves = _oracle.Carry(deed.By().Party, deed.Writes);
        Count(moves ? "writes" : "writes without effect");
        Compare(answer, learns: moves);
    }

    private void Compare(Answer answer, bool learns)
    {
        if (_oracle.SightOf(answer.By.Party, _oracle.Now) is not { } sight)
            return;
        foreach (var (name, etag, moved, document) in answer.Told)
        {
            var parts = name.Split("/documents/");
            var seen = _oracle.View(sight, parts[0], _oracle.Now).GetValueOrDefault(parts[1]);
            if (seen is not { IsIn: true })
            {
                if (etag.Length > 0)
                    throw new Violation($"The answer shows {name}, which its writer does not see.");
                continue;
            }
            if (learns && moved is not null && seen.Moved > _oracle.Ticks(_oracle.Now - 1))
                _judge.Learn(seen.Moved, moved);
            var difference =
                document is not null ? _judge.Unlike(Judge.ToPut(document), seen)
                : etag != (seen.Etag ?? etag) ? $"its etag is {etag}"
                : null;
            if (difference is not null)
                throw new Violation($"The answer shows {name} otherwise than its writer sees it: {difference}");
        }
    }

    // The owner may do everything, so that what was refused to it must have been impossible.
    private void Refused(Deed deed, string reason)
    {
        Story[^1] += $" -> {reason}";
        Count("refusals");
        var party = deed.By().Party;
        if (party.Person != _alice.Did || party.App is not null)
            return;
        var isPossible = deed.Writes.All(write =>
            write.ActionCase == Write.ActionOneofCase.Create
                ? !_oracle.WasMade(write.Document)
                : _oracle.Exists(write.Document)
        );
        if (isPossible)
            throw new Violation($"It was refused with {reason}, and nothing stood in the way.");
    }

    private async Task RepeatAsync(Deed deed)
    {
        Tell($"again: {deed}");
        Count("repeated calls");
        var (answer, reason) = await TryAsync(deed);
        if (answer is not null)
            Compare(answer, learns: false);
        else if (
            deed.By().Party is { App: null }
            || reason is not ("GRANT_REVOKED" or "NOT_GRANTED" or "FIELD_NOT_GRANTED")
        )
            throw new Violation($"The call had succeeded, and its repetition was refused with {reason}.");
    }

    /// <summary>Asks until there is an answer; whatever may have been carried out is asked for again by its key.</summary>
    private async Task<(Answer? Answer, string? Reason)> TryAsync(Deed deed)
    {
        try
        {
            return (await _ground.CarryOutAsync(() => deed.AskAsync()), null);
        }
        catch (RpcException failure) when (Refusals.Of(failure) is { } reason)
        {
            return (null, reason);
        }
    }

    private async Task CutOffAsync(Deed deed, int pause)
    {
        using var cut = new CancellationTokenSource();
        var call = deed.AskAsync(cut.Token);
        // Long enough for some calls to arrive, and short enough for some not to be answered.
        for (var i = 0; i < pause * 40 && !call.IsCompleted; i++)
            await Task.Yield();
        await cut.CancelAsync();
        try
        {
            await call;
        }
        catch (RpcException)
        {
            // What became of it is not known; the repetition that follows settles it.
        }
    }

    private async Task StormAsync()
    {
        var begun = _oracle.Now;
        var queues = _plot.Storm(name => () => _seats[name], _oracle);
        foreach (var deed in queues.SelectMany(queue => queue))
            Tell($"storm: {deed}");
        Count("storms");
        var storm = Task.WhenAll(queues.Select(queue => Task.Run(() => BlowAsync(queue))));
        var size = _plot.PageSize();
        var pulled = _followers
            .Where(follower => !follower.IsStream)
            .Select(async follower =>
                (Follower: follower, Pages: await follower.PullPagesAsync(size, () => !storm.IsCompleted))
            )
            .ToList();
        var answers = (await storm).ToDictionary(each => each.Document, each => each.Answers);
        await ReplayAsync(queues, answers);
        foreach (var (follower, pages) in await Task.WhenAll(pulled))
            follower.JudgePages(pages, size, begun);
    }

    private async Task<(string Document, Queue<Answer> Answers)> BlowAsync(IReadOnlyList<Deed> queue)
    {
        var answers = new Queue<Answer>();
        foreach (var deed in queue)
        {
            var (answer, reason) = await TryAsync(deed);
            answers.Enqueue(
                answer ?? throw new Violation($"{deed} was refused with {reason}, and nothing stood in the way.")
            );
        }
        return (queue[0].Writes[0].Document, answers);
    }

    // The writers had a document each, so that the order in which documents were written tells which write was when.
    private async Task ReplayAsync(IReadOnlyList<IReadOnlyList<Deed>> queues, Dictionary<string, Queue<Answer>> answers)
    {
        var left = queues.ToDictionary(queue => queue[0].Writes[0].Document, queue => new Queue<Deed>(queue));
        foreach (var (document, revision) in await _ground.OrderAsync(_alice.Id, _oracle.Ticks(_oracle.Now)))
        {
            var name = $"{_alice.Space}/collections/{document}";
            var moved = false;
            while (!moved && left.GetValueOrDefault(name) is { Count: > 0 } queue)
                moved = Replay(queue.Dequeue(), answers[name].Dequeue());
            if (!moved || _oracle.Ticks(_oracle.Now) != revision)
                throw new Violation($"Revision {revision} is of {document}, which nobody wrote then.");
        }
        foreach (var (name, queue) in left)
            while (queue.TryDequeue(out var deed))
                if (Replay(deed, answers[name].Dequeue()))
                    throw new Violation($"{deed} was acknowledged and is not in the order.");
    }

    private bool Replay(Deed deed, Answer answer)
    {
        var moves = _oracle.Carry(deed.By().Party, deed.Writes);
        Count(moves ? "writes" : "writes without effect");
        Compare(answer, learns: moves);
        if (deed.Key.Length > 0)
            _done.Add(deed);
        return moves;
    }

    private async Task ChangeMaskAsync()
    {
        if (_oracle.Grant("masked", _oracle.Now) is not { } grant)
            return;
        Tell("the masked app is allowed something else");
        Count("changed grants");
        _oracle.Allow("masked", await ChangeAsync(_seats["owner"], grant.Name, _plot.Mask()));
    }

    private async Task ChangeGuestAsync()
    {
        Tell("the guest's app is allowed something else");
        Count("changed grants");
        _guest.Grant = await ChangeAsync(_seats["bob"], _guest.Grant.Name, _plot.GuestMask());
        _oracle.Allow("guest", _guest.Grant, isOwners: false);
    }

    private async Task<Grant> ChangeAsync(Seat by, string name, Allow[] allowed)
    {
        var grant = new Grant();
        grant.Access.Add(allowed.Select(Person.ToEntry));
        var request = new UpdateGrantRequest { Name = name, Grant = grant };
        return (await _ground.CarryOutAsync(() => by.Grants.UpdateGrantAsync(request).ResponseAsync)).Grant;
    }

    private async Task EndOrBeginGrantAsync()
    {
        if (_oracle.Grant("masked", _oracle.Now) is { } grant)
        {
            Tell("the masked app's grant is revoked");
            Count("revoked grants");
            await _seats["owner"].Grants.RevokeGrantAsync(new RevokeGrantRequest { Name = grant.Name });
            _oracle.Allow("masked", null);
            if (_random.Next(2) == 0)
                return;
        }
        Tell("the masked app is granted again");
        await GrantAsync("masked", _plot.Mask());
    }

    // A token is for one reader and one collection; anywhere else it begins a snapshot.
    private async Task BorrowAsync()
    {
        var (from, to) = (_plot.Pick([.. _followers]), _plot.Pick([.. _followers]));
        if (from == to)
            return;
        Tell("a token is tried by another reader or for another collection");
        Count("borrowed tokens");
        await to.BorrowAsync(from, _plot.PageSize());
    }

    private async Task ListAsync(Reader reader, string collection, int size)
    {
        if (_oracle.SightOf(reader.Party, _oracle.Now) is not { } sight)
            return;
        var listed = new Dictionary<string, Put>();
        var request = new ListDocumentsRequest
        {
            Parent = _alice.Collection(collection),
            PageSize = size,
            JsonBodies = true,
        };
        do
        {
            var page = await _ground.CarryOutAsync(() =>
                _seats[reader.Name].Documents.ListDocumentsAsync(request).ResponseAsync
            );
            foreach (var document in page.Documents)
                if (!listed.TryAdd(document.Name.Split('/')[^1], Judge.ToPut(document)))
                    throw new Violation($"{reader.Name}: {document.Name} is listed twice.");
            request.PageToken = page.NextPageToken;
        } while (request.PageToken.Length > 0);
        Count("lists compared");
        if (_judge.Difference(listed, _oracle.View(sight, request.Parent, _oracle.Now)) is { } difference)
            throw new Violation($"{reader.Name}, listing: {difference}");
        _telling.Append(CultureInfo.InvariantCulture, $"{reader.Name}\n");
        foreach (var (id, put) in listed.OrderBy(each => each.Key, StringComparer.Ordinal))
            _telling.Append(
                CultureInfo.InvariantCulture,
                $"{id} {put.Json.ToStringUtf8()} {Named(put.Acl)} {(put.Acl is null ? put.Etag : "")}\n"
            );
    }

    private string Named(Acl? list) =>
        string.Join(
            '|',
            Lists
                .Text(list)
                .Replace(_guest.Person.Did, "bob", StringComparison.Ordinal)
                .Split('\n')
                .Order(StringComparer.Ordinal)
        );

    private async Task GetAsync(Reader reader)
    {
        if (_oracle.SightOf(reader.Party, _oracle.Now) is not { } sight)
            return;
        var view = _oracle.View(sight, _alice.Collection(Cast.Movies), _oracle.Now);
        foreach (var id in _plot.Some(["never", .. _plot.Made(Cast.Movies)]))
        {
            var seen = view.GetValueOrDefault(id);
            var request = new GetDocumentRequest { Name = _alice.Document(Cast.Movies, id), JsonBodies = true };
            try
            {
                var got = await _ground.CarryOutAsync(() =>
                    _seats[reader.Name].Documents.GetDocumentAsync(request).ResponseAsync
                );
                if (seen is not { IsIn: true } || _judge.Unlike(Judge.ToPut(got.Document), seen) is not null)
                    throw new Violation($"{reader.Name}, getting {id}: {got.Document}, and it is {seen}");
            }
            catch (RpcException refusal) when (refusal.StatusCode == StatusCode.NotFound)
            {
                if (seen is { IsIn: true })
                    throw new Violation($"{reader.Name}, getting {id}: it is missing");
            }
            Count("gets compared");
        }
    }
}
