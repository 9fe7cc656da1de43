using Vibe.Hosting.Access;
using Vibe.Storage.Spaces;
using Vibe.Sync.Scopes;

namespace Vibe.Sync.Subscriptions;

/// <summary>A scope of an open stream: where it is, and whether there may be more to read.</summary>
internal sealed class FollowedScope(int index, Caller caller, AskedScope asked)
{
    // What is beyond it wakes all the same, and is linked to nothing.
    private const int MaxCauses = 16;

    private readonly Lock _lock = new();
    private List<SignalCause> _causes = [];
    private volatile bool _mayHaveMore = true;

    public int Index { get; } = index;

    public AskedScope Asked { get; private set; } = asked;

    /// <summary>What the permit for it is a function of in one state of the database.</summary>
    public PermitKey Permit { get; } = new(caller.Person, caller.Client, caller.Grant, asked.Collection);

    /// <summary>What its tokens are bound by to the caller.</summary>
    public byte[] TokenBinding { get; } = ResumeTokens.BindingTo(caller, asked.Collection);

    /// <summary>Whether it is followed by somebody else than the owner's side.</summary>
    public bool IsGuests { get; } = asked.Collection.Space != SpaceName.HomeOf(caller);

    public ScopeCursor? Cursor { get; private set; } = asked.Cursor;

    public DateTimeOffset ValidUntil { get; private set; } = DateTimeOffset.MaxValue;

    /// <summary>Whether the client was told that it has caught up since the stream, or the snapshot, began.</summary>
    public bool HasCaughtUp { get; private set; }

    public bool HasEnded { get; set; }

    /// <summary>Which of the stream's heartbeats brought the scope's token last.</summary>
    public int LastHeartbeat { get; set; }

    public bool MayHaveMore => _mayHaveMore && !HasEnded;

    /// <summary>Whether it has a way of its own to go before it is where others are.</summary>
    public bool IsBehind => MayHaveMore && !HasCaughtUp;

    /// <summary>Notes that something may have moved; called from anywhere.</summary>
    public void Wake(SignalCause cause = default)
    {
        if (cause != default)
            lock (_lock)
                if (_causes.Count < MaxCauses)
                    _causes.Add(cause);
        _mayHaveMore = true;
    }

    /// <summary>
    /// Forgets earlier signals before a read, so that one that comes during it is not lost; gives what is known of their
    /// causes.
    /// </summary>
    public IReadOnlyList<SignalCause> BeginRead()
    {
        _mayHaveMore = false;
        lock (_lock)
        {
            // The list that is given away must not be the one that the next signal goes into.
            if (_causes.Count == 0)
                return [];
            (var causes, _causes) = (_causes, []);
            return causes;
        }
    }

    /// <summary>Moves on to the end of a page, and tells whether the client is to hear of it.</summary>
    public bool Take(ScopePage page)
    {
        // What the client asked to see is in the first page, or in the snapshot that begins with it.
        if (Asked.NotBefore.Count > 0)
            Asked = Asked with { NotBefore = [] };
        Cursor = page.Cursor;
        ValidUntil = page.ValidUntil;
        if (!page.IsComplete)
            _mayHaveMore = true;
        if (page.Page.Reset)
            HasCaughtUp = false;
        var isNews = page.HasNews || (page.IsComplete && !HasCaughtUp);
        HasCaughtUp |= page.IsComplete;
        return isNews;
    }
}
