namespace Vibe.Client.Calls;

/// <summary>Counts the calls under way, so that closing can wait for them.</summary>
internal sealed class CallsUnderWay
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;
    private bool _isClosed;

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

    /// <exception cref="ObjectDisposedException">The client is closed.</exception>
    public void Enter() => ObjectDisposedException.ThrowIf(!TryEnter(), typeof(VibeClient));

    /// <summary>Counts in what may be refused without a word; false when the client is closed.</summary>
    public bool TryEnter()
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return false;
            }

            _count++;
            return true;
        }
    }

    public void Leave()
    {
        lock (_lock)
        {
            if (--_count == 0 && _isClosed)
            {
                _empty.TrySetResult();
            }
        }
    }

    /// <summary>Refuses new calls; the task ends with the last one under way.</summary>
    public Task CloseAsync()
    {
        lock (_lock)
        {
            _isClosed = true;
            if (_count == 0)
            {
                _empty.TrySetResult();
            }

            return _empty.Task;
        }
    }
}
