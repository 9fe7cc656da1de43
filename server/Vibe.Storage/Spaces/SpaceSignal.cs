using System.Collections.Concurrent;

namespace Vibe.Storage.Spaces;

/// <summary>
/// Tells waiting readers that something moved. A hint and nothing more: whoever wakes reads for itself, and a signal that
/// is lost costs time, never data.
/// </summary>
public sealed class SpaceSignal(Clock clock)
{
    private readonly ConcurrentDictionary<string, Listeners> _listeners = new();

    /// <summary>Called for each local signal, for those who carry it to other processes.</summary>
    internal event Action<string, SignalCause>? Raised;

    /// <summary>Called after everybody that waits for a key was told, for those who would rather do together what follows.</summary>
    public event Action? Delivered;

    /// <summary>The keys that somebody waits for.</summary>
    internal ICollection<string> Watched => _listeners.Keys;

    /// <summary>Tells everybody that waits for the key, here and in other processes.</summary>
    public void Raise(string key) => Raise(key, SignalCause.Now(clock.Microseconds));

    internal void Raise(string key, SignalCause cause)
    {
        Deliver(key, cause);
        Raised?.Invoke(key, cause);
    }

    /// <summary>Calls <paramref name="wake"/> whenever the key moves, until the result is disposed of; a call that is on its way
    /// by then may still come.</summary>
    public IDisposable Listen(string key, Action wake) => Listen(key, _ => wake());

    /// <summary>Does the same, and tells what moved the key, as far as it is known.</summary>
    public IDisposable Listen(string key, Action<SignalCause> wake)
    {
        while (true)
        {
            var listeners = _listeners.GetOrAdd(key, _ => new Listeners());
            var listening = new Listening(this, key, listeners, wake);
            if (listeners.TryAdd(listening))
                return listening;
        }
    }

    internal void Deliver(string key, SignalCause cause = default)
    {
        if (!_listeners.TryGetValue(key, out var listeners))
            return;
        try
        {
            listeners.Wake(cause);
        }
        finally
        {
            Delivered?.Invoke();
        }
    }

    private sealed class Listening(SpaceSignal signal, string key, Listeners listeners, Action<SignalCause> wake)
        : IDisposable
    {
        public void Wake(SignalCause cause) => wake(cause);

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

        // Outside the lock, for whoever is woken may stop listening, or begin to.
        public void Wake(SignalCause cause)
        {
            Listening[] all;
            lock (_lock)
                all = [.. _all];
            foreach (var listening in all)
                listening.Wake(cause);
        }
    }
}
