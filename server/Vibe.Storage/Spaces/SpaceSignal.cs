using System.Collections.Concurrent;

namespace Vibe.Storage.Spaces;

/// <summary>
/// Tells waiting readers that something moved. A hint and nothing more: whoever wakes reads for itself, and a signal that
/// is lost costs time, never data.
/// </summary>
public sealed class SpaceSignal
{
    private readonly ConcurrentDictionary<string, Listeners> _listeners = new();

    /// <summary>Called for each local signal, for those who carry it to other processes.</summary>
    internal event Action<string>? Raised;

    /// <summary>The keys that somebody waits for.</summary>
    internal ICollection<string> Watched => _listeners.Keys;

    /// <summary>Tells everybody that waits for the key, here and in other processes.</summary>
    public void Raise(string key)
    {
        Deliver(key);
        Raised?.Invoke(key);
    }

    /// <summary>Calls <paramref name="wake"/> whenever the key moves, until the result is disposed of.</summary>
    public IDisposable Listen(string key, Action wake)
    {
        while (true)
        {
            var listeners = _listeners.GetOrAdd(key, _ => new Listeners());
            if (listeners.TryAdd(wake))
                return new Listening(this, key, listeners, wake);
        }
    }

    internal void Deliver(string key)
    {
        if (_listeners.TryGetValue(key, out var listeners))
            listeners.Wake();
    }

    private sealed class Listening(SpaceSignal signal, string key, Listeners listeners, Action wake) : IDisposable
    {
        public void Dispose()
        {
            if (listeners.RemoveAndTellIfLast(wake))
                signal._listeners.TryRemove(new KeyValuePair<string, Listeners>(key, listeners));
        }
    }

    private sealed class Listeners
    {
        private readonly Lock _lock = new();
        private readonly List<Action> _wakes = [];
        private bool _closed;

        public bool TryAdd(Action wake)
        {
            lock (_lock)
            {
                if (!_closed)
                    _wakes.Add(wake);
                return !_closed;
            }
        }

        public bool RemoveAndTellIfLast(Action wake)
        {
            lock (_lock)
            {
                _wakes.Remove(wake);
                return _closed = _wakes.Count == 0;
            }
        }

        public void Wake()
        {
            lock (_lock)
                foreach (var wake in _wakes)
                    wake();
        }
    }
}
