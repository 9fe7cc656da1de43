using System.Data.Common;
using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Vibe.Errors.V1;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Hosting.Refusals;
using Vibe.Storage;
using Vibe.Storage.Spaces;
using Vibe.Sync.Scopes;
using Vibe.Sync.V1;

namespace Vibe.Sync.Subscriptions;

/// <summary>What all subscriptions of a process share.</summary>
internal sealed record SubscriptionServices(
    ScopeReader Reader,
    SharedReads Shared,
    ResumeTokens Tokens,
    SpaceSignal Signal,
    Clock Clock,
    RefusalCounts Refusals,
    Heartbeats Heartbeats,
    SubscriptionOptions Options,
    StreamCeilings Ceilings,
    ILogger<SyncEndpoints> Logger
);

/// <summary>
/// One open stream. It pulls: a signal says no more than "look again", each page is read from the stream's own place, and
/// each frame goes out only after a read that began when the frame before it had been handed over. So a revocation, a
/// narrowing or an expiry is met before anything that came after it, and at most one frame is on its way meanwhile. Until
/// it has caught up it reads for itself; then it rests, and is looked after together with others (<see cref="SharedReads"/>).
/// </summary>
internal sealed partial class Subscription(
    SubscriptionServices services,
    Caller caller,
    StreamHolder holder,
    IReadOnlyList<AskedScope> asked,
    IServerStreamWriter<SubscribeResponse> stream,
    string requestId,
    Action abort,
    CancellationToken stopping
) : IDisposable
{
    // Much larger pages outlive the youngest generation of the heap, and are slower for it.
    internal const int ChangesAtOnce = 400;

    private static readonly string Rpc = $"{SyncService.Descriptor.FullName}/Subscribe";

    private readonly FollowedScope[] _scopes =
    [
        .. asked.Select((scope, index) => new FollowedScope(index, caller, scope)),
    ];
    private readonly List<IDisposable> _listening = [];
    private readonly ActivityContext _stream = Activity.Current?.Context ?? default;
    private DateTimeOffset _end;
    private IDisposable? _beats;
    private int _heartbeats;
    private volatile bool _isHeartbeatDue;
    private IDisposable? _listing;
    private CancellationToken _gone;

    /// <summary>Follows the scopes until the stream ends, by itself or because its client went away.</summary>
    /// <exception cref="VibeException">No scope can be followed at all.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        _gone = cancellation;
        Listen();
        var refused = await RefusedAtOnceAsync(cancellation);
        if (refused.Count == _scopes.Length)
            throw refused[0].Error;
        if (_scopes.Any(scope => scope.Cursor is null))
            _listing = await TurnToListAsync(cancellation);
        _end = EndOfToken();
        await OpenAsync(cancellation);
        try
        {
            await FollowAsync(refused, cancellation);
        }
        catch (DbException exception)
        {
            LogStorageFailed(services.Logger, exception);
            await EndAsync(CallErrors.StorageUnavailable(exception), cancellation);
        }
    }

    private async Task FollowAsync(
        List<(FollowedScope Scope, VibeException Error)> refused,
        CancellationToken cancellation
    )
    {
        foreach (var (scope, error) in refused)
        {
            services.Refusals.Add(caller, Rpc, error.Reason);
            await EndScopeAsync(scope, error, cancellation);
        }
        _beats = services.Heartbeats.Join(AskForHeartbeat);
        while (true)
        {
            if (stopping.IsCancellationRequested)
            {
                await EndAsync(SubscriptionErrors.ServerStopping(), cancellation);
                return;
            }
            if (IsOver)
            {
                await EndAsync(DoorErrors.TokenExpired(), cancellation);
                return;
            }
            if (await SendPagesAsync(cancellation) is { } last)
            {
                await EndAsync(last, cancellation);
                return;
            }
            // A page may have taken until then.
            if (IsOver)
                continue;
            if (_scopes.Any(scope => scope.IsBehind))
            {
                if (_isHeartbeatDue)
                    await SendHeartbeatAsync(cancellation);
            }
            else if (
                await RestAsync(Earliest(), cancellation) is { } handed
                && await TakeOverAsync(handed, cancellation) is { } error
            )
            {
                await EndAsync(error, cancellation);
                return;
            }
        }
    }

    public void Dispose()
    {
        _beats?.Dispose();
        _listing?.Dispose();
        _timer?.Dispose();
        _waiting?.Dispose();
        _listening.ForEach(listening => listening.Dispose());
    }

    private async Task<IDisposable> TurnToListAsync(CancellationToken cancellation)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation, stopping);
        try
        {
            return await services.Ceilings.ListAsync(holder, waiting.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            throw SubscriptionErrors.ServerStopping();
        }
    }

    private void Listen()
    {
        foreach (var scope in _scopes)
        {
            void Wake(SignalCause cause)
            {
                scope.Wake(SyncTelemetry.IsWatched ? cause : default);
                AskForLook(withOthers: true);
            }
            bool Join(SignalCause cause, Convoy convoy) =>
                TryJoin(scope, SyncTelemetry.IsWatched ? cause : default, convoy);
            _listening.Add(services.Signal.Listen(scope.Asked.Collection.Space.Id, Wake, Join));
            if (scope.Asked.Collection.Space.Id != caller.Home)
                _listening.Add(services.Signal.Listen(caller.Home, Wake, Join));
            if (!caller.IsFirstParty)
                _listening.Add(services.Signal.Listen($"apps/{caller.Client}", Wake));
        }
    }

    private async Task<List<(FollowedScope Scope, VibeException Error)>> RefusedAtOnceAsync(
        CancellationToken cancellation
    )
    {
        var refused = new List<(FollowedScope, VibeException)>();
        foreach (var scope in _scopes)
        {
            try
            {
                await services.Reader.RequireAsync(caller, scope.Asked, cancellation);
            }
            catch (VibeException error)
            {
                refused.Add((scope, error));
            }
        }
        return refused;
    }

    private bool IsOver => services.Clock.Now >= _end;

    // Shortly before the token: the client, which was told when, has opened the next stream by then.
    private DateTimeOffset EndOfToken()
    {
        var left = caller.ExpiresAt - services.Clock.Now;
        var margin = left / 4 < services.Options.TokenMargin ? left / 4 : services.Options.TokenMargin;
        return caller.ExpiresAt - margin;
    }

    private Task OpenAsync(CancellationToken cancellation)
    {
        var lifetime = _end - services.Clock.Now;
        var opened = new Opened
        {
            HeartbeatInterval = Duration.FromTimeSpan(services.Options.HeartbeatInterval),
            Lifetime = Duration.FromTimeSpan(lifetime > TimeSpan.Zero ? lifetime : TimeSpan.Zero),
        };
        opened.Collections.Add(_scopes.Select(scope => scope.Asked.Collection.ToString()));
        return SendAsync(new SubscribeResponse { Opened = opened }, cancellation);
    }

    /// <summary>Sends a page of each scope that is behind; gives the error of the last scope once none is left.</summary>
    private async Task<VibeException?> SendPagesAsync(CancellationToken cancellation)
    {
        foreach (var scope in _scopes)
        {
            if (!scope.HasEnded && services.Clock.Now >= scope.ValidUntil)
                scope.Wake();
            if (!scope.IsBehind)
                continue;
            if (IsOver)
                return null;
            try
            {
                await SendPageAsync(scope, cancellation);
            }
            catch (VibeException error)
            {
                // Nothing that was found after the token's end is told any more, not even what ended meanwhile.
                if (IsOver)
                    return null;
                if (await RefuseAsync(scope, error, cancellation) is { } last)
                    return last;
            }
        }
        if (_listing is not null && _scopes.All(scope => scope.HasEnded || scope.HasCaughtUp))
        {
            _listing.Dispose();
            _listing = null;
        }
        return null;
    }

    /// <summary>Ends a scope; gives its error back where none is left, and the stream has to end with it.</summary>
    private async Task<VibeException?> RefuseAsync(
        FollowedScope scope,
        VibeException error,
        CancellationToken cancellation
    )
    {
        scope.HasEnded = true;
        services.Refusals.Add(caller, Rpc, error.Reason);
        if (_scopes.All(other => other.HasEnded))
            return error;
        await EndScopeAsync(scope, error, cancellation);
        return null;
    }

    private async Task SendPageAsync(FollowedScope scope, CancellationToken cancellation)
    {
        using var look = BeginLook(scope);
        var page = await services.Reader.ReadAsync(caller, scope.Asked, scope.Cursor, ChangesAtOnce, cancellation);
        // It may have waited for its turn until then, and shows what came after.
        if (IsOver)
            return;
        if (!scope.Take(page))
            return;
        var frame = PageOf(scope, page);
        await SendAsync(frame, cancellation);
        look.Sent(frame.Page, services.Clock);
    }

    private Look BeginLook(FollowedScope scope)
    {
        var causes = scope.BeginRead();
        return new Look(scope, causes, SyncTelemetry.Look(_stream, causes));
    }

    // The changes may be shared with others, and the token is of this stream alone.
    private SubscribeResponse PageOf(FollowedScope scope, ScopePage read)
    {
        var page = new Page
        {
            Reset = read.Page.Reset,
            Checkpoint = read.Page.Checkpoint,
            ResumeToken = services.Tokens.Seal(scope.TokenBinding, read.Cursor),
        };
        page.Changes.AddRange(read.Page.Changes);
        return new SubscribeResponse { ScopeIndex = scope.Index, Page = page };
    }

    // For who is behind; those who rest have theirs from whoever looks after them.
    private async Task SendHeartbeatAsync(CancellationToken cancellation)
    {
        var scope = BeginHeartbeat();
        try
        {
            await services.Reader.RequireAsync(caller, scope.Asked, cancellation);
        }
        catch (VibeException)
        {
            // The page that comes next meets the same refusal, and ends the scope with it.
            scope.Wake();
            return;
        }
        if (!IsOver)
            await SendAsync(HeartbeatOf(scope), cancellation);
    }

    /// <summary>Takes a heartbeat for done, and gives the scope whose turn it is.</summary>
    private FollowedScope BeginHeartbeat()
    {
        _isHeartbeatDue = false;
        var scope = _scopes.Where(scope => !scope.HasEnded).MinBy(scope => scope.LastHeartbeat)!;
        scope.LastHeartbeat = ++_heartbeats;
        return scope;
    }

    private SubscribeResponse HeartbeatOf(FollowedScope scope)
    {
        var heartbeat = new Heartbeat { ServerTime = Timestamp.FromDateTimeOffset(services.Clock.Now) };
        if (scope.Cursor is { } cursor)
            heartbeat.ResumeToken = services.Tokens.Seal(scope.TokenBinding, cursor);
        return new SubscribeResponse { ScopeIndex = scope.Index, Heartbeat = heartbeat };
    }

    private Task EndScopeAsync(FollowedScope scope, VibeException error, CancellationToken cancellation)
    {
        scope.HasEnded = true;
        var ended = new ScopeEnded { Status = Refusal.ToStatus(error, requestId) };
        return SendAsync(new SubscribeResponse { ScopeIndex = scope.Index, ScopeEnded = ended }, cancellation);
    }

    private Task EndAsync(VibeException error, CancellationToken cancellation) =>
        SendAsync(
            new SubscribeResponse { End = new End { Status = Refusal.ToStatus(error, requestId) } },
            cancellation
        );

    private Task SendAsync(SubscribeResponse response, CancellationToken cancellation) =>
        FinishAsync(WriteAsync(response), cancellation);

    // Without a token, which would be registered for each frame: a stream whose client does not read is ended as a whole.
    private Task WriteAsync(SubscribeResponse response)
    {
        try
        {
            return stream.WriteAsync(response);
        }
        catch (Exception exception)
        {
            return Task.FromException(exception);
        }
    }

    private async Task FinishAsync(Task writing, CancellationToken cancellation)
    {
        try
        {
            if (!await EndsAsync(writing, services.Options.StalledAfter) && !await EndsSlowlyAsync(writing))
            {
                // What waits for the client is let go of with the stream; an end would only wait behind it.
                abort();
                await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw SubscriptionErrors.Stalled();
            }
            await writing;
        }
        catch (InvalidOperationException exception) when (cancellation.IsCancellationRequested)
        {
            // So the framework says that the client went away before the frame was begun.
            throw new OperationCanceledException("The client went away.", exception, cancellation);
        }
    }

    // A client that does not read takes one of its few places to do so, and only for so long.
    private async Task<bool> EndsSlowlyAsync(Task writing)
    {
        using var place = services.Ceilings.Stall(holder);
        var left = services.Options.WriteTimeout - services.Options.StalledAfter;
        return place is not null && await EndsAsync(writing, left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    private static async ValueTask<bool> EndsAsync(Task task, TimeSpan patience)
    {
        if (task.IsCompleted)
            return true;
        try
        {
            await task.WaitAsync(patience, CancellationToken.None);
            return true;
        }
        catch (TimeoutException)
        {
            // It may have ended since.
            return task.IsCompleted;
        }
    }

    /// <summary>When the token, or what a scope rests on, ends by itself.</summary>
    private DateTimeOffset Earliest()
    {
        var earliest = _end;
        foreach (var scope in _scopes)
            if (!scope.HasEnded && scope.ValidUntil < earliest)
                earliest = scope.ValidUntil;
        return earliest;
    }

    [LoggerMessage(5001, LogLevel.Error, "A stream ended because the storage failed")]
    private static partial void LogStorageFailed(ILogger logger, Exception exception);
}
