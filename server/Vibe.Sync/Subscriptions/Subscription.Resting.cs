using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Storage.Spaces;
using Vibe.Sync.V1;

namespace Vibe.Sync.Subscriptions;

/// <summary>
/// How a stream that has caught up is looked after while it rests. What is said of frames holds here as well: it is claimed
/// before the read begins, and let go when the frame is handed over. A frame that has to wait for its client, a refusal and
/// whatever else takes time is left to the stream, which is woken for it.
/// </summary>
internal sealed partial class Subscription
{
    private readonly Rest _rest = new();
    private readonly List<Look> _looks = [];
    private DateTimeOffset _restsUntil;
    private bool _isTimed;
    private Convoy? _convoy;
    private Handed? _handed;
    private CancellationTokenSource? _waiting;
    private ITimer? _timer;

    /// <summary>What the stream is to go on with: a frame that is on its way, or what a look failed with.</summary>
    private sealed record Handed(Look? Look, Page? Page = null, Task? Writing = null);

    /// <summary>Whose stream it is.</summary>
    public Caller Caller => caller;

    /// <summary>Whether its client has gone, so that nothing has to be read for it.</summary>
    public bool IsGone => _gone.IsCancellationRequested;

    /// <summary>The looks that were begun.</summary>
    public IReadOnlyList<Look> Looks => _looks;

    /// <summary>The scope of which the stream is to say that it is there, once it was asked whether it may still be.</summary>
    public FollowedScope? Heartbeat { get; private set; }

    /// <summary>Whether the heartbeat may be told.</summary>
    public bool MayBeat { get; set; }

    /// <summary>The span under which what is read for it may be seen.</summary>
    public Activity? Span => _looks.Find(look => look.Span is not null)?.Span;

    /// <summary>
    /// Begins a look at each scope that may have more, or a heartbeat where there is none. Only for who has claimed the
    /// stream, as are those below.
    /// </summary>
    public void Begin()
    {
        foreach (var scope in _scopes)
            if (scope.MayHaveMore)
                _looks.Add(BeginLook(scope));
        Activity.Current = null;
        if (_looks.Count == 0 && _isHeartbeatDue)
            Heartbeat = BeginHeartbeat();
    }

    /// <summary>Says why the looks that have not come to an end will not.</summary>
    public void Fail(Exception exception)
    {
        foreach (var look in _looks)
            if (look.Page is null)
                look.Error ??= exception;
    }

    /// <summary>Lets go of the stream without having looked; it is looked anew.</summary>
    public void LetGo()
    {
        foreach (var look in _looks)
        {
            look.Scope.Wake();
            look.Dispose();
        }
        _looks.Clear();
        _rest.LetGo(awake: HasOwnWork());
        AskForLook();
    }

    /// <summary>Hands over what was found, and lets go of the stream.</summary>
    public void HandOver()
    {
        var goesOn = !IsGone && !IsOver;
        foreach (var look in _looks)
        {
            if (goesOn)
                goesOn = HandOver(look);
            else
                look.Scope.Wake();
            if (_handed?.Look != look)
                look.Dispose();
        }
        _looks.Clear();
        if (Heartbeat is { } scope)
            goesOn &= HandOverHeartbeat(scope);
        _rest.LetGo(awake: !goesOn || HasOwnWork());
        AskForLook();
    }

    private bool HandOver(Look look)
    {
        try
        {
            if (look.Page is not { } page)
            {
                _handed = new Handed(look);
                return false;
            }
            if (!look.Scope.Take(page))
                return true;
            var frame = PageOf(look.Scope, page);
            if (HandOver(frame) is { } writing)
            {
                _handed = new Handed(look, frame.Page, writing);
                return false;
            }
            look.Sent(frame.Page, services.Clock);
            return true;
        }
        catch (Exception exception)
        {
            look.Error = exception;
            _handed = new Handed(look);
            return false;
        }
    }

    private bool HandOverHeartbeat(FollowedScope scope)
    {
        var isTold = MayBeat && !IsGone && !IsOver;
        (Heartbeat, MayBeat) = (null, false);
        if (!isTold)
        {
            // A look meets what stands against it, and ends the scope with that.
            scope.Wake();
            return true;
        }
        try
        {
            if (HandOver(HeartbeatOf(scope)) is not { } writing)
                return true;
            _handed = new Handed(null, null, writing);
        }
        catch (Exception exception)
        {
            _handed = new Handed(null, null, Task.FromException(exception));
        }
        return false;
    }

    // Gives what there is to wait for where the client does not take the frame at once.
    private Task? HandOver(SubscribeResponse frame)
    {
        var writing = WriteAsync(frame);
        return writing.IsCompletedSuccessfully ? null : writing;
    }

    // The runtime walks through all timers that are set, so a stream has one only when its heartbeats come too seldom.
    private bool IsNear(DateTimeOffset moment) => moment - services.Clock.Now <= 2 * services.Options.HeartbeatInterval;

    private bool HasOwnWork()
    {
        if (!_isTimed && IsNear(_restsUntil))
            return true;
        foreach (var scope in _scopes)
            if (scope.IsBehind || (!scope.HasEnded && scope.ValidUntil < _restsUntil))
                return true;
        return false;
    }

    private bool IsDue
    {
        get
        {
            foreach (var scope in _scopes)
                if (scope.MayHaveMore)
                    return true;
            return _isHeartbeatDue;
        }
    }

    private void AskForHeartbeat()
    {
        _isHeartbeatDue = true;
        AskForLook(withOthers: true);
    }

    // Comes from signals on any thread, and does nothing while the stream is awake or another has it: both look again.
    private void AskForLook(bool withOthers = false)
    {
        if (!IsDue || !_rest.TryClaim())
            return;
        services.Shared.Add(asked[0].Collection.Space, this);
        if (!withOthers)
            services.Shared.Begin();
    }

    // Before what the scope waits for is there: only who comes along may know of it.
    private bool TryJoin(FollowedScope scope, SignalCause cause, Convoy convoy)
    {
        if (_convoy != convoy)
        {
            if (!_rest.TryClaim())
                return false;
            if (scope.HasEnded)
            {
                LetGo();
                return false;
            }
            _convoy = convoy;
            SharedReads.Add(convoy, this);
        }
        scope.Wake(cause);
        return true;
    }

    /// <summary>Rests until a moment, or until there is something that only the stream itself can do.</summary>
    private async Task<Handed?> RestAsync(DateTimeOffset until, CancellationToken cancellation)
    {
        var left = until - services.Clock.Now;
        var isLate = left <= TimeSpan.Zero;
        if (isLate && !IsDue)
            return null;
        _waiting ??= CancellationTokenSource.CreateLinkedTokenSource(cancellation, stopping);
        _restsUntil = until;
        _isTimed = IsNear(until);
        if (_isTimed && !isLate)
        {
            _timer ??= services.Clock.Time.CreateTimer(
                _ => _rest.Wake(),
                null,
                Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan
            );
            _timer.Change(left, Timeout.InfiniteTimeSpan);
        }
        _rest.Begin(once: isLate);
        // A clock that was set forward between reading it and setting the timer has left the timer behind.
        if (!isLate && services.Clock.Now >= until)
            _rest.Wake();
        AskForLook();
        try
        {
            await _rest.UntilWokenAsync(_waiting.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The loop sees it and says goodbye.
        }
        var handed = _handed;
        _handed = null;
        return handed;
    }

    /// <summary>Goes on with what somebody began while the stream rested; gives the error that the stream ends with.</summary>
    private async Task<VibeException?> TakeOverAsync(Handed handed, CancellationToken cancellation)
    {
        using var look = handed.Look;
        if (handed.Writing is { } writing)
        {
            await FinishAsync(writing, cancellation);
            look?.Sent(handed.Page!, services.Clock);
            return null;
        }
        if (look!.Error is VibeException refusal)
            return IsOver ? null : await RefuseAsync(look.Scope, refusal, cancellation);
        ExceptionDispatchInfo.Throw(look.Error!);
        return null;
    }
}
