using Grpc.Core;
using Vibe.Client.Calls;
using Vibe.Sync.V1;

namespace Vibe.Client.Subscriptions;

/// <summary>
/// Follows scopes on one stream: opens it anew when one joins, before it ends by itself, and after it was cut. It is
/// closed with its last scope.
/// </summary>
internal sealed class SharedStream(Connection connection)
{
    /// <summary>The most that the server takes.</summary>
    private const int MostScopes = 256;

    private static readonly TimeSpan Together = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan OpeningPatience = TimeSpan.FromSeconds(30);

    // The standing stream is not read while the next one opens, so that nothing comes twice; its readers wait so long.
    private static readonly TimeSpan HandoverPatience = TimeSpan.FromSeconds(2);

    // Longer, and the server would take the client for one that does not read.
    private static readonly TimeSpan PatienceWithTheOnlyReader = TimeSpan.FromSeconds(1);

    // Within what timers can hold; a stream that is renewed early loses nothing.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _empty = new();
    private readonly List<Subscription> _members = [];
    private readonly StreamState _state = new(connection.Retry);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isClosed;
    private SubscriptionStream? _standing;
    private Subscription[] _asked = [];
    private AccessToken? _token;
    private DateTimeOffset _heardAt;

    public bool IsClosed
    {
        get
        {
            lock (_lock)
            {
                return _isClosed;
            }
        }
    }

    /// <summary>Takes a scope on; false where there is no place for it.</summary>
    public bool TryAdd(Subscription scope)
    {
        lock (_lock)
        {
            if (_isClosed || _members.Count == MostScopes)
            {
                return false;
            }

            _members.Add(scope);
            _changed.TrySetResult();
            return true;
        }
    }

    /// <summary>Lets a scope go, and ends with the last one.</summary>
    public void Remove(Subscription scope)
    {
        lock (_lock)
        {
            if (!_members.Remove(scope) || _members.Count > 0)
            {
                return;
            }

            _isClosed = true;
        }

        _ = _empty.CancelAsync();
    }

    /// <summary>Has a scope of its own asked for once more, where it is quoted what the client has written since.</summary>
    public void AskAnew(Subscription scope)
    {
        lock (_lock)
        {
            if (_members.Contains(scope))
            {
                _changed.TrySetResult();
            }
        }
    }

    /// <summary>Runs until there is nothing to follow, or the client closes.</summary>
    public async Task RunAsync()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(connection.Closing, _empty.Token);
        try
        {
            TimeSpan? pause = null;
            while (!IsClosed)
            {
                pause = await GoOnAsync(pause, stop.Token).ConfigureAwait(false);
            }
        }
        catch (Exception) when (IsClosed || stop.IsCancellationRequested)
        {
            // Nobody is left who would hear of it.
        }
        catch (Exception defect)
        {
            EndAll(defect);
        }
        finally
        {
            _standing?.Dispose();
        }
    }

    /// <summary>Reads the standing stream until the next one is due, and opens that.</summary>
    /// <returns>How long to wait before trying again; null where all is well.</returns>
    private async Task<TimeSpan?> GoOnAsync(TimeSpan? pause, CancellationToken stop)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var due = UntilDueAsync(pause, waiting.Token);
        if (_standing is not null && await ReadAsync(_standing, due, stop).ConfigureAwait(false) is { } cut)
        {
            await waiting.CancelAsync().ConfigureAwait(false);
            await due.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var followed = _standing.Scopes.ToArray();
            LetGo();
            return await RecoverAsync(cut, followed, wasOpen: true, stop).ConfigureAwait(false);
        }

        _asked = [];
        try
        {
            await due.ConfigureAwait(false);
            var next = await OpenAsync(stop).ConfigureAwait(false);
            LetGo();
            _standing = next;
            return null;
        }
        catch (VibeException failure)
        {
            return await RecoverAsync(failure, _asked, wasOpen: false, stop).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until the next stream is to be opened, and for a token to open it with.</summary>
    private async Task UntilDueAsync(TimeSpan? pause, CancellationToken stop)
    {
        var isRenewal = false;
        if (pause is { } delay)
        {
            await Task.Delay(delay, connection.Time, stop).ConfigureAwait(false);
        }
        else
        {
            var changed = Volatile.Read(ref _changed).Task;
            isRenewal = await Task.WhenAny(changed, UntilRenewalAsync(stop)).ConfigureAwait(false) != changed;
            stop.ThrowIfCancellationRequested();
            if (!isRenewal)
            {
                await Task.Delay(Together, connection.Time, stop).ConfigureAwait(false);
            }
        }

        _token = null;
        if (isRenewal)
        {
            await connection.Tokens.RenewAsync(stop).ConfigureAwait(false);
        }

        _token = await connection.Tokens.GetAsync(stop).ConfigureAwait(false);
    }

    private Task UntilRenewalAsync(CancellationToken stop)
    {
        if (_standing is null || _state.RenewAt is not { } at)
        {
            return Task.Delay(Timeout.InfiniteTimeSpan, connection.Time, stop);
        }

        var wait = at - connection.Time.GetUtcNow();
        wait = wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
        return Task.Delay(wait < LongestWait ? wait : LongestWait, connection.Time, stop);
    }

    /// <summary>Opens a stream for all that is to be followed now, while the standing one stands.</summary>
    private async Task<SubscriptionStream> OpenAsync(CancellationToken stop)
    {
        var endpoints = connection.Endpoints;
        while (true)
        {
            var address = endpoints.Of(Rpc.Sync);
            VibeException failure;
            try
            {
                return await OpenThereAsync(stop).ConfigureAwait(false);
            }
            catch (VibeException notOpened)
            {
                failure = notOpened;
            }

            if (failure.Code == StatusCode.Unavailable)
            {
                endpoints.Doubt(address);
            }

            if (
                failure.Reason != Reason.MethodUnknown
                || !await endpoints.HasMovedAsync(Rpc.Sync, address, stop).ConfigureAwait(false)
            )
            {
                throw failure;
            }
        }
    }

    private async Task<SubscriptionStream> OpenThereAsync(CancellationToken stop)
    {
        lock (_lock)
        {
            _asked = [.. _members];
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        if (_asked.Length == 0)
        {
            throw new OperationCanceledException();
        }

        var request = new SubscribeRequest { Scopes = { _asked.Select(scope => scope.ToScope()) } };
        var headers = new Metadata { { "authorization", Connection.Bearer(_token!) } };
        var stream = new SubscriptionStream(
            connection.Sync.Subscribe(request, headers, cancellationToken: stop),
            _asked,
            connection.Time
        );
        connection.Endpoints.AskBeside();
        try
        {
            var patience = _standing is null ? OpeningPatience : HandoverPatience;
            var first =
                await stream.NextAsync(patience, stop).ConfigureAwait(false)
                ?? throw Cut("The stream ended before it opened.");
            Open(
                first.EventCase switch
                {
                    SubscribeResponse.EventOneofCase.Opened => first.Opened,
                    SubscribeResponse.EventOneofCase.End => throw Ended(first.End.Status),
                    _ => throw Cut("The stream did not say that it is open."),
                }
            );
            return stream;
        }
        catch (TimeoutException)
        {
            stream.Dispose();
            CatchUp(_asked.Where(scope => _standing?.Scopes.Contains(scope) == false));
            throw Cut("The stream did not open in time.");
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private void Open(Opened opened)
    {
        var now = connection.Time.GetUtcNow();
        _heardAt = now;
        _state.Open(opened, now, Random.Shared.NextDouble());
        foreach (var (scope, name) in _asked.Zip(opened.Collections))
        {
            connection.Spaces.Learn(scope.SpaceId, name);
        }

        var followed = _standing?.Scopes.ToHashSet() ?? [];
        foreach (var scope in _asked)
        {
            scope.Open(now, followed.Contains(scope));
        }
    }

    /// <summary>Reads until the stream fails; null when the next one is due.</summary>
    private async Task<VibeException?> ReadAsync(SubscriptionStream stream, Task due, CancellationToken stop)
    {
        while (true)
        {
            SubscribeResponse? message;
            try
            {
                var patience = _heardAt + _state.Silence - connection.Time.GetUtcNow();
                patience = patience < TimeSpan.Zero ? TimeSpan.Zero : patience;
                await stream.WaitAsync(patience, due, stop).ConfigureAwait(false);
                if (due.IsCompleted)
                {
                    return null;
                }

                message = await stream.NextAsync(patience, stop).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                return Cut("Nothing was heard for twice the interval of heartbeats.");
            }
            catch (VibeException failure)
            {
                return failure;
            }

            if (message is null)
            {
                return Cut("The stream ended without saying why.");
            }

            _heardAt = connection.Time.GetUtcNow();
            if (message.EventCase == SubscribeResponse.EventOneofCase.End)
            {
                return Ended(message.End.Status);
            }

            await MakeRoomAsync(stream, message, due, stop).ConfigureAwait(false);
            Receive(stream, message);
        }
    }

    /// <summary>Waits for a reader, where no other is held up by that: the line is the best brake.</summary>
    private async ValueTask MakeRoomAsync(
        SubscriptionStream stream,
        SubscribeResponse message,
        Task due,
        CancellationToken stop
    )
    {
        if (stream.At(message.ScopeIndex) is not { HasRoom: false } scope || Members().Length > 1)
        {
            return;
        }

        try
        {
            await Task.WhenAny(scope.HasRoomAsync(stop), due)
                .WaitAsync(PatienceWithTheOnlyReader, connection.Time, stop)
                .ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It goes on without the stream.
        }
    }

    private void Receive(SubscriptionStream stream, SubscribeResponse message)
    {
        if (stream.At(message.ScopeIndex) is not { } scope)
        {
            if (message.EventCase == SubscribeResponse.EventOneofCase.Page)
            {
                // Whoever left goes on costing both sides; without its pages it would cost next to nothing.
                lock (_lock)
                {
                    _changed.TrySetResult();
                }
            }

            return;
        }

        switch (message.EventCase)
        {
            case SubscribeResponse.EventOneofCase.Page
                when !scope.HasRoom && !scope.State.IsEcho(message.Page, _heardAt):
                CatchUp([scope]);
                break;

            case SubscribeResponse.EventOneofCase.Page
            or SubscribeResponse.EventOneofCase.Heartbeat:
                _state.Progress();
                if (scope.State.Receive(message, _heardAt) is { } page && scope.HasRoom)
                {
                    scope.Give(page);
                }

                break;

            case SubscribeResponse.EventOneofCase.ScopeEnded:
                EndScope(scope, Ended(message.ScopeEnded.Status), isFollowed: true);
                break;
        }
    }

    /// <summary>Does what a failure asks for.</summary>
    /// <param name="failure">The failure.</param>
    /// <param name="scopes">What the stream followed, or was to follow; nothing where it was not asked yet.</param>
    /// <param name="wasOpen">Whether the stream had opened.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>How long to wait before the next attempt; null where none is due.</returns>
    private async Task<TimeSpan?> RecoverAsync(
        VibeException failure,
        Subscription[] scopes,
        bool wasOpen,
        CancellationToken stop
    )
    {
        if (!wasOpen && StreamState.PlaceOf(failure, scopes.Length) is { } place)
        {
            EndScope(scopes[place], failure, isFollowed: false);
            return UnlessAllAreFollowed();
        }

        var recovery = _state.Fail(failure, Random.Shared.NextDouble(), isStanding: _standing is not null);
        switch (recovery.Step)
        {
            case NextStep.WithNewToken when !await HasNewTokenAsync(stop).ConfigureAwait(false):
                EndAll(failure);
                return TimeSpan.Zero;

            case NextStep.WithoutTokens when ForgetTokens(scopes):
                Log.HistoryLost(connection.Logger, "Subscribe");
                break;

            case NextStep.Throw when failure.Code == StatusCode.Unauthenticated:
                EndAll(failure);
                return TimeSpan.Zero;

            case NextStep.WithoutTokens
            or NextStep.Throw:
                GiveUp(failure, scopes, wasOpen);
                return UnlessAllAreFollowed();

            case NextStep.MakeRoom:
                LetGo();
                break;
        }

        if (recovery.IsOffline)
        {
            Array.ForEach(Members(), scope => scope.LoseTouch(failure));
        }

        Log.Resuming(connection.Logger, failure.Code, failure.Reason?.Value, recovery.Delay);
        return recovery.Delay;
    }

    private TimeSpan? UnlessAllAreFollowed() =>
        _standing is not null && Members().All(_standing.Scopes.Contains) ? null : TimeSpan.Zero;

    /// <summary>
    /// Ends what cannot be followed. Of several that were asked for together the server need not say which one it is:
    /// each is then asked for by itself.
    /// </summary>
    private void GiveUp(VibeException failure, Subscription[] scopes, bool wasOpen)
    {
        var untried = scopes.Where(scope => !scope.IsTried).ToArray();
        if (wasOpen || scopes.Length == 1 || untried.Length == 0)
        {
            Array.ForEach(scopes, scope => End(scope, failure));
            return;
        }

        // What a stream follows already is beyond suspicion while there are others.
        var followed = _standing?.Scopes.ToHashSet() ?? [];
        CatchUp(untried.All(followed.Contains) ? untried : untried.Where(scope => !followed.Contains(scope)));
    }

    private void EndScope(Subscription scope, VibeException error, bool isFollowed)
    {
        var recovery = scope.State.Fail(error, Random.Shared.NextDouble());
        switch (recovery.Step)
        {
            case NextStep.Throw:
                End(scope, error);
                return;

            case NextStep.Anew when !isFollowed:
                return;
        }

        if (recovery.IsOffline)
        {
            scope.LoseTouch(error);
        }

        SendOff(scope, recovery.Delay);
    }

    /// <summary>Lets scopes leave and come back when they have caught up; not those that just did.</summary>
    private void CatchUp(IEnumerable<Subscription> scopes)
    {
        foreach (var scope in scopes.Where(scope => !scope.IsTried).ToArray())
        {
            scope.IsTried = true;
            SendOff(scope, TimeSpan.Zero);
        }
    }

    private void SendOff(Subscription scope, TimeSpan pause)
    {
        _standing?.Drop(scope);
        Remove(scope);
        connection.Streams.CatchUp(scope, pause);
    }

    private async Task<bool> HasNewTokenAsync(CancellationToken stop)
    {
        try
        {
            return _token is not null
                && await connection.Tokens.AfterRefusalAsync(_token, stop).ConfigureAwait(false) is not null;
        }
        catch (VibeException)
        {
            // A source that fails is asked again when the next stream is opened.
            return true;
        }
    }

    // All of them: none may keep what the server does not know.
    private static bool ForgetTokens(Subscription[] scopes) =>
        scopes.Aggregate(false, (any, scope) => scope.ForgetTokens() | any);

    private void LetGo()
    {
        _standing?.Dispose();
        _standing = null;
    }

    private void End(Subscription scope, Exception why)
    {
        _standing?.Drop(scope);
        scope.End(why);
        Remove(scope);
    }

    private void EndAll(Exception why) => Array.ForEach(Members(), scope => End(scope, why));

    private Subscription[] Members()
    {
        lock (_lock)
        {
            return [.. _members];
        }
    }

    private static VibeException Ended(Google.Rpc.Status? status) =>
        status is null ? Cut("The stream ended without saying why.") : VibeException.From(status);

    private static VibeException Cut(string text) => new(StatusCode.Unavailable, null, text) { IsRetryable = true };
}
