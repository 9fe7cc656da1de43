using Vibe.Client.Calls;
using Vibe.Sync.V1;

namespace Vibe.Client.Subscriptions;

/// <summary>
/// A scope whose views go to every reader of one collection. Who comes later begins with what is held, and waits where
/// the client has written since the scope was last asked for.
/// </summary>
internal sealed class SharedView(Connection connection, string spaceId, string collection)
    : Subscription(connection, spaceId, collection, null, null)
{
    private readonly Lock _lock = new();
    private readonly HeldView _held = new();
    private readonly List<SnapshotFeed> _readers = [];
    private readonly List<SnapshotFeed> _waiting = [];
    private HashSet<string>? _quoted;
    private SnapshotFeed[] _asked = [];
    private string[] _asking = [];
    private VibeException? _lostTouch;
    private Exception? _end;

    public override bool HasRoom => true;

    /// <summary>Takes a reader on.</summary>
    /// <returns>Whether it waits for the scope to be asked for anew; null when the scope has ended.</returns>
    public bool? Add(SnapshotFeed reader)
    {
        lock (_lock)
        {
            if (_end is not null)
            {
                return null;
            }

            if (_quoted is null || !_quoted.IsSupersetOf(Connection.Spaces.Of(SpaceId).Tokens.ToQuote()))
            {
                _waiting.Add(reader);
                return true;
            }

            Begin(reader, mayBeLive: true);
            return false;
        }
    }

    /// <summary>Lets a reader go; true when it was the last.</summary>
    public bool Remove(SnapshotFeed reader)
    {
        lock (_lock)
        {
            _readers.Remove(reader);
            _waiting.Remove(reader);
            return _readers.Count + _waiting.Count == 0;
        }
    }

    public override Scope ToScope()
    {
        lock (_lock)
        {
            var scope = base.ToScope();
            _asked = [.. _waiting];
            _asking = [.. scope.ConsistencyTokens];
            return scope;
        }
    }

    public override void Open(DateTimeOffset now, bool isHandedOver)
    {
        base.Open(now, isHandedOver);
        lock (_lock)
        {
            _quoted = [.. _asking];
            foreach (var reader in _asked.Where(_waiting.Remove))
            {
                // Only the next checkpoint is known to hold the client's own writes.
                Begin(reader, mayBeLive: false);
            }

            _asked = [];
        }
    }

    public override void Give(FeedPage page)
    {
        lock (_lock)
        {
            _held.Apply(page);
            if (page.IsLive)
            {
                _lostTouch = null;
            }

            _readers.ForEach(reader => reader.Apply(page));
        }
    }

    public override Task HasRoomAsync(CancellationToken stop) => Task.CompletedTask;

    public override Task IsTakenAsync(CancellationToken stop) => Task.CompletedTask;

    public override void LoseTouch(VibeException cause)
    {
        lock (_lock)
        {
            _lostTouch = cause;
            _readers.ForEach(reader => reader.LoseTouch(cause));
        }
    }

    public override void End(Exception why)
    {
        lock (_lock)
        {
            _end = why;
            _readers.ForEach(reader => reader.End(why));
            _waiting.ForEach(reader => reader.End(why));
        }
    }

    private void Begin(SnapshotFeed reader, bool mayBeLive)
    {
        _readers.Add(reader);
        if (_held.ToPage(mayBeLive) is { } page)
        {
            reader.Apply(page);
        }

        if (_lostTouch is not null)
        {
            reader.LoseTouch(_lostTouch);
        }
    }
}
