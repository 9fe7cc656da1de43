using System.Collections.Concurrent;

namespace Vibe.Storage.Spaces;

/// <summary>
/// Tells waiting readers that something moved. A hint and nothing more: whoever wakes reads for itself, and a signal that
/// is lost costs time, never data.
/// </summary>
public sealed class SpaceSignal(Clock clock)
{
    // Who writes waits until they are gathered, and for what they ask.
    private const int LargestConvoy = 256;

    private readonly ConcurrentDictionary<string, Listeners> _listeners = new();

    /// <summary>Called for each local signal, for those who carry it to other processes.</summary>
    internal event Action<string, SignalCause>? Raised;

    /// <summary>Called after everybody that waits for a key was told, for those who would rather do together what follows.</summary>
    public event Action? Delivered;

    /// <summary>Makes convoys for those who can travel in one; nothing where nobody can.</summary>
    public Func<Convoy>? Convoys { get; set; }

    /// <summary>The keys that somebody waits for.</summary>
    internal ICollection<string> Watched => _listeners.Keys;

    /// <summary>Tells everybody that waits for the key, here and in other processes.</summary>
    public void Raise(string key) => Raise(key, SignalCause.Now(clock.Microseconds));

    internal void Raise(string key, SignalCause cause, Convoy? served = null)
    {
        Deliver(key, cause, served);
        Raised?.Invoke(key, cause);
    }

    /// <summary>Calls <paramref name="wake"/> whenever the key moves, until the result is disposed of; a call that is on its way
    /// by then may still come.</summary>
    public IDisposable Listen(string key, Action wake) => Listen(key, _ => wake());

    /// <summary>Does the same, and tells what moved the key, as far as it is known.</summary>
    /// <param name="key">The key.</param>
    /// <param name="wake">Is told what moved it.</param>
    /// <param name="join">
    /// Is asked before the key moves, and joins the convoy or does not. Who did is told by the convoy alone that the key has
    /// moved, once it arrives or is disbanded.
    /// </param>
    public IDisposable Listen(string key, Action<SignalCause> wake, Func<SignalCause, Convoy, bool>? join = null)
    {
        while (true)
        {
            var listeners = _listeners.GetOrAdd(key, _ => new Listeners());
            var listening = new Listening(this, key, listeners, wake, join);
            if (listeners.TryAdd(listening))
                return listening;
        }
    }

    /// <summary>Gathers those who wait for keys that are about to move; nothing where nobody comes.</summary>
    internal Convoy? Gather(IEnumerable<(string Key, SignalCause Cause)> moving)
    {
        if (Convoys is not { } make)
            return null;
        var convoy = default(Convoy);
        var left = LargestConvoy;
        var hasMembers = false;
        foreach (var (key, cause) in moving)
        {
            if (!_listeners.TryGetValue(key, out var listeners))
                continue;
            var all = listeners.All;
            if (all.Length > left)
                continue;
            left -= all.Length;
            convoy ??= make();
            foreach (var listening in all)
                hasMembers |= listening.Join(cause, convoy);
        }
        return hasMembers ? convoy : null;
    }

    internal void Deliver(string key, SignalCause cause = default, Convoy? served = null)
    {
        if (!_listeners.TryGetValue(key, out var listeners))
            return;
        try
        {
            foreach (var listening in listeners.All)
                listening.Wake(cause, served);
        }
        finally
        {
            Delivered?.Invoke();
        }
    }

    private sealed class Listening(
        SpaceSignal signal,
        string key,
        Listeners listeners,
        Action<SignalCause> wake,
        Func<SignalCause, Convoy, bool>? join
    ) : IDisposable
    {
        private Convoy? _joined;

        public bool Join(SignalCause cause, Convoy convoy)
        {
            if (join?.Invoke(cause, convoy) is not true)
                return false;
            _joined = convoy;
            return true;
        }

        public void Wake(SignalCause cause, Convoy? served)
        {
            if (served is null || _joined != served)
                wake(cause);
        }

        public void Dispose()
        {
            if (listeners.RemoveAndTellIfLast(this))
                signal._listeners.TryRemove(new KeyValuePair<string, Listeners>(key, listeners));
        }
    }

    private sealed class Listeners
    {
        private readonly Lock _lock = new();
        private readonly HashSet<Listening> _all = [];
        private bool _closed;

        public bool TryAdd(Listening listening)
        {
            lock (_lock)
                return !_closed && _all.Add(listening);
        }

        public bool RemoveAndTellIfLast(Listening listening)
        {
            lock (_lock)
            {
                _all.Remove(listening);
                return _closed = _all.Count == 0;
            }
        }

        // A copy, for whoever is woken may stop listening, or begin to.
        public Listening[] All
        {
            get
            {
                lock (_lock)
                    return [.. _all];
            }
        }
    }
}
