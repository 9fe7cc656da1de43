using System.Globalization;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Vibe.Proof.StoredTruth.Oracles;
using Vibe.Sync.V1;
using Vibe.Testing;

namespace Vibe.Proof.StoredTruth;

/// <summary>
/// A client that follows a collection, by a stream or by pulling, and applies pages together with their tokens. It is cut
/// off, loses pages that it had, and goes on from tokens of earlier moments.
/// </summary>
internal sealed class Follower(
    Ground ground,
    Oracle oracle,
    Judge judge,
    Reader reader,
    Func<Seat> seat,
    string collection,
    bool isStream
) : IAsyncDisposable
{
    private const int StreamPage = 1000;
    private const int Kept = 4;
    private const int DocumentsAtMost = 60;
    private const int PagesAtMost = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // What was kept, the last behind; each with all that it can be.
    private readonly List<IReadOnlyList<Stand>> _stands =
    [
        [Stand.Nothing],
    ];
    private AsyncServerStreamingCall<SubscribeResponse>? _call;
    private Task<bool>? _next;
    private GrpcChannel? _way;
    private Seat? _seat;
    private int _openedAt;
    private bool _hasCaughtUp;

    public bool IsStream => isStream;
    private Reader Reader => reader;
    private string Collection => collection;
    public int Pages { get; private set; }
    public int Checkpoints { get; private set; }
    public int Resets { get; private set; }

    private IReadOnlyList<Stand> Stands => _stands[^1];
    private Copy Copy => Stands[0].Copy;

    /// <summary>Takes what has come, without waiting for more.</summary>
    public async Task DrainAsync()
    {
        while (_next is { IsCompleted: true })
            await TakeNextAsync();
    }

    /// <summary>Reads on until the copy is what the reader sees now.</summary>
    public async Task SettleAsync(Func<int> size)
    {
        if (!isStream)
        {
            for (var left = DocumentsAtMost; oracle.SightOf(reader.Party, oracle.Now) is not null; left--)
            {
                await PullAsync(size());
                if (Stands.Any(stand => stand.Complete == oracle.Now))
                    break;
                if (left == 0)
                    throw new Violation($"{reader.Name}: no checkpoint after {DocumentsAtMost} pages");
            }
            return;
        }
        await DrainAsync();
        while (!IsSettled)
        {
            if (_call is null)
                await OpenAsync();
            else
                await TakeNextAsync();
        }
    }

    /// <summary>Gets the next page. Nobody writes meanwhile, so it is of this very moment.</summary>
    public async Task PullAsync(int size)
    {
        var pages = await PullPagesAsync(size, () => false);
        JudgePages(pages, size, oracle.Now);
    }

    /// <summary>Gets at least one page, and more while somebody writes; they are judged once the order is known.</summary>
    public async Task<IReadOnlyList<Page>> PullPagesAsync(int size, Func<bool> goOn)
    {
        var pages = new List<Page>();
        if (oracle.SightOf(reader.Party, oracle.Now) is null)
            return pages;
        var token = Copy.Token;
        do
        {
            var request = new PullRequest
            {
                Scope = new Scope { Collection = collection, ResumeToken = token },
                PageSize = size,
            };
            var page = (await ground.CarryOutAsync(() => seat().Sync.PullAsync(request).ResponseAsync)).Page;
            pages.Add(page);
            token = page.ResumeToken;
        } while (pages.Count < PagesAtMost && goOn());
        return pages;
    }

    /// <summary>Takes pages that were pulled, from a place on.</summary>
    public void JudgePages(IEnumerable<Page> pages, int size, int from)
    {
        foreach (var page in pages)
            Take(page, size, from);
    }

    /// <summary>Pulls from another client's token, which gives a snapshot and never the rest of something.</summary>
    public async Task BorrowAsync(Follower other, int size)
    {
        if (
            oracle.SightOf(reader.Party, oracle.Now) is null
            || (other.Reader == reader && other.Collection == collection)
        )
            return;
        IReadOnlyList<Stand> stands =
        [
            Stand.Nothing with
            {
                Copy = StoredTruth.Copy.Empty with { Token = other.Copy.Token },
                IsLost = true,
            },
        ];
        for (var left = DocumentsAtMost; stands.All(stand => stand.Complete < oracle.Now) && left > 0; left--)
        {
            var request = new PullRequest
            {
                Scope = new Scope { Collection = collection, ResumeToken = stands[0].Copy.Token },
                PageSize = size,
            };
            var page = (await ground.CarryOutAsync(() => seat().Sync.PullAsync(request).ResponseAsync)).Page;
            stands = judge.Take(reader, collection, stands, page, size, oracle.Now, oracle.Now);
        }
    }

    /// <summary>Cuts the connection; what was on its way is lost.</summary>
    public void Cut()
    {
        _call?.Dispose();
        (_call, _next) = (null, null);
    }

    /// <summary>Loses what was kept last, as a client does that is put back to an earlier state of its own.</summary>
    /// <param name="share">How much of it, from nothing to all that is remembered.</param>
    public void Lose(double share)
    {
        Cut();
        var keep = Math.Max(1, (int)(_stands.Count * (1 - share)));
        _stands.RemoveRange(keep, _stands.Count - keep);
    }

    /// <summary>Notes that the server cannot read any token any more.</summary>
    public void LoseKeys()
    {
        Cut();
        for (var i = 0; i < _stands.Count; i++)
            _stands[i] = [.. _stands[i].Select(stand => stand with { IsLost = true })];
    }

    /// <summary>Notes that the server was put back to a place: from tokens of later ones it cannot go on.</summary>
    public void PutBack(int place)
    {
        Cut();
        for (var i = 0; i < _stands.Count; i++)
            _stands[i] =
            [
                .. _stands[i]
                    .Select(stand => stand.Place > place ? stand with { IsLost = true, Place = place } : stand),
            ];
    }

    public ValueTask DisposeAsync()
    {
        Cut();
        return ValueTask.CompletedTask;
    }

    private bool IsSettled
    {
        get
        {
            if (oracle.SightOf(reader.Party, oracle.Now) is not { } sight)
                return _call is null;
            return _call is not null
                && _seat!.Grant == judge.GrantOf(reader, oracle.Now)
                && _hasCaughtUp
                && Stands.Any(stand => stand.Sight == sight)
                && Copy.PutAnew is null
                && judge.Difference(Copy.Documents, oracle.View(sight, collection, oracle.Now)) is null;
        }
    }

    private async Task OpenAsync()
    {
        if (oracle.SightOf(reader.Party, oracle.Now) is null)
            return;
        var request = new SubscribeRequest();
        request.Scopes.Add(new Scope { Collection = collection, ResumeToken = Copy.Token });
        (_seat, _way) = (seat(), ground.Channel);
        _openedAt = oracle.Now;
        _hasCaughtUp = false;
        _call = _seat.Sync.Subscribe(request);
        _next = _call.ResponseStream.MoveNext(CancellationToken.None);
        await TakeNextAsync();
    }

    private async Task TakeNextAsync()
    {
        bool isThere;
        try
        {
            isThere = await _next!.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            var sight = oracle.SightOf(reader.Party, oracle.Now);
            throw new Violation(
                $"{reader.Name}: the stream is silent, and there is something to tell: "
                    + (
                        sight is null
                            ? "its end"
                            : judge.Difference(Copy.Documents, oracle.View(sight, collection, oracle.Now))
                                ?? "another view"
                    )
            );
        }
        catch (RpcException lost)
            when (ground.MayFail
                && lost.StatusCode
                    is Grpc.Core.StatusCode.Unavailable
                        or Grpc.Core.StatusCode.Internal
                        or Grpc.Core.StatusCode.Cancelled
            )
        {
            Cut();
            await ground.ReviveAsync(_way!);
            return;
        }
        catch (RpcException refused)
        {
            throw new Violation($"{reader.Name}: the stream broke: {refused.Status} at {Describe()}");
        }
        if (!isThere)
            throw new Violation($"{reader.Name}: the stream ended without an end");
        var message = _call!.ResponseStream.Current;
        _next = _call.ResponseStream.MoveNext(CancellationToken.None);
        switch (message.EventCase)
        {
            case SubscribeResponse.EventOneofCase.Page:
                Take(message.Page, StreamPage, _openedAt);
                _hasCaughtUp |= message.Page.Checkpoint is not null;
                break;
            case SubscribeResponse.EventOneofCase.Heartbeat:
                Keep(Copy with { Token = message.Heartbeat.ResumeToken });
                break;
            case SubscribeResponse.EventOneofCase.End:
                End(message.End.Status);
                break;
        }
    }

    private void End(Google.Rpc.Status status)
    {
        Cut();
        if (status.Code == (int)Grpc.Core.StatusCode.Unavailable && ground.MayFail)
            return;
        var mayRead = oracle.SightOf(reader.Party, oracle.Now) is not null;
        if (mayRead && _seat!.Grant == judge.GrantOf(reader, oracle.Now))
            throw new Violation($"{reader.Name}: the stream ended: {status.GetDetail<ErrorInfo>()?.Reason}");
        // What the contract asks of a client that was shut out: its documents go. The token may stay, and gives no rights.
        Keep(StoredTruth.Copy.Empty with { Token = Copy.Token });
    }

    private void Keep(Copy copy) => _stands[^1] = [.. Stands.Select(stand => stand with { Copy = copy })];

    private void Take(Page page, int size, int from)
    {
        var next = judge.Take(reader, collection, Stands, page, size, from, oracle.Now);
        Pages++;
        Resets += page.Reset ? 1 : 0;
        Checkpoints += page.Checkpoint is null ? 0 : 1;
        _stands.Add(next);
        if (_stands.Count > Kept)
            _stands.RemoveAt(0);
    }

    private string Describe() =>
        string.Create(CultureInfo.InvariantCulture, $"place {Stands[0].Place} of {oracle.Now}");
}
