using System.Threading.RateLimiting;

namespace Vibe.Hosting.Access;

/// <summary>
/// Bounds how many of each name have a place at once. A name is forgotten with its last place, and so nothing has to be
/// looked after meanwhile: a <see cref="PartitionedRateLimiter{TResource}"/> wakes ten times a second for that.
/// </summary>
/// <param name="most">How many places each name has.</param>
/// <param name="waiting">How many of each name may wait for one.</param>
public sealed class Places(int most, int waiting)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Room> _rooms = [];

    /// <summary>How many names have places, or wait for one.</summary>
    internal int Names
    {
        get
        {
            lock (_lock)
                return _rooms.Count;
        }
    }

    /// <summary>Takes a place until the result is disposed of; nothing where there is none at the moment.</summary>
    public IDisposable? TryEnter(string name)
    {
        var room = Come(name);
        return Have(room, room.Limiter.AttemptAcquire());
    }

    /// <summary>Waits for a place, in the order in which they came; nothing where too many wait already.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled while it waited.</exception>
    public async ValueTask<IDisposable?> EnterAsync(string name, CancellationToken cancellation)
    {
        var room = Come(name);
        try
        {
            return Have(room, await room.Limiter.AcquireAsync(1, cancellation));
        }
        catch
        {
            Go(room);
            throw;
        }
    }

    private Place? Have(Room room, RateLimitLease lease)
    {
        if (lease.IsAcquired)
            return new Place(this, room, lease);
        Go(room);
        return null;
    }

    private Room Come(string name)
    {
        lock (_lock)
        {
            if (!_rooms.TryGetValue(name, out var room))
                _rooms[name] = room = new Room(
                    name,
                    new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = most, QueueLimit = waiting })
                );
            room.Users++;
            return room;
        }
    }

    private void Go(Room room)
    {
        lock (_lock)
        {
            if (--room.Users > 0)
                return;
            _rooms.Remove(room.Name);
        }
        room.Limiter.Dispose();
    }

    private sealed record Room(string Name, ConcurrencyLimiter Limiter)
    {
        public int Users { get; set; }
    }

    private sealed class Place(Places places, Room room, RateLimitLease lease) : IDisposable
    {
        private int _isGone;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isGone, 1) != 0)
                return;
            lease.Dispose();
            places.Go(room);
        }
    }
}
