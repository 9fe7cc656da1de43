using Vibe.Client.Calls;
using Vibe.Sync.V1;

namespace Vibe.Client.Subscriptions;

/// <summary>
/// One scope that is followed, whoever reads it. A stream has it, or its own catching up, and never both at once.
/// </summary>
internal abstract class Subscription(
    Connection connection,
    string spaceId,
    string collection,
    string? resumeToken,
    string? consistencyToken
)
{
    private readonly CancellationTokenSource _left = new();
    private Freshness? _freshness;

    public SubscriptionState State { get; } = new(connection.Retry, resumeToken);

    public string Collection => collection;

    protected Connection Connection => connection;

    public string SpaceId => spaceId;

    /// <summary>Ends when nobody reads it any more.</summary>
    public CancellationToken Left => _left.Token;

    /// <summary>Whether it was asked for by itself since a stream followed it, because a stream failed for all.</summary>
    public bool IsTried { get; set; }

    /// <summary>Whether a page can be given now.</summary>
    public abstract bool HasRoom { get; }

    /// <summary>Says what to follow, from where on, and not before which writes.</summary>
    public virtual Scope ToScope()
    {
        _freshness = new Freshness(connection, spaceId, consistencyToken);
        return new Scope
        {
            Collection = collection,
            ResumeToken = State.ResumeToken ?? "",
            ConsistencyTokens = { _freshness.Tokens },
        };
    }

    /// <summary>Drops the tokens that were quoted last without being asked to; false when there were none.</summary>
    public bool ForgetTokens() => _freshness?.Forget() == true;

    /// <summary>Takes in that a stream follows the scope.</summary>
    public virtual void Open(DateTimeOffset now, bool isHandedOver)
    {
        IsTried = false;
        State.Open(now, isHandedOver);
    }

    /// <summary>Gives a page; there is room for it.</summary>
    public abstract void Give(FeedPage page);

    /// <summary>Ends when there is room for a page.</summary>
    public abstract Task HasRoomAsync(CancellationToken stop);

    /// <summary>Ends when the reader has taken everything.</summary>
    public abstract Task IsTakenAsync(CancellationToken stop);

    /// <summary>Tells that nobody stands behind the view any more.</summary>
    public abstract void LoseTouch(VibeException cause);

    /// <summary>Tells that there will be no more.</summary>
    public abstract void End(Exception why);

    /// <summary>Notes that nobody reads it any more.</summary>
    public void Leave() => _left.Cancel();
}
