namespace Vibe.Storage.Spaces;

/// <summary>
/// The works that wait for their turn in one space, a bounded number. Those of a lane keep their order. An app, or a person
/// who visits, holds at most a quarter of a lane, and all of them together leave a quarter of it to the space's owner.
/// </summary>
internal sealed class WriteQueue(SpaceName space, WriterMetrics metrics)
{
    /// <summary>How many works may wait with the content.</summary>
    public const int ContentRoom = 1024;

    /// <summary>How many works have a place before all content; when it is taken, others of their lane wait with the content.</summary>
    public const int AccessRoom = 64;

    private readonly Lock _lock = new();
    private readonly Line _content = new(ContentRoom);
    private readonly Line _access = new(AccessRoom);
    private State _state = State.New;

    /// <summary>The space.</summary>
    public SpaceName Space => space;

    /// <summary>What became of a work that wants to wait.</summary>
    public enum Answer
    {
        /// <summary>It waits.</summary>
        Waits,

        /// <summary>It is the first that ever waits here, and nobody works yet.</summary>
        WaitsFirst,

        /// <summary>There is no room for it.</summary>
        Full,

        /// <summary>Nobody works here any more.</summary>
        Closed,
    }

    private enum State
    {
        New,
        Open,
        Closed,
    }

    /// <summary>Lets a work wait, where there is room for it.</summary>
    public Answer Add(Work work)
    {
        lock (_lock)
        {
            if (_state == State.Closed)
                return Answer.Closed;
            if (!(work.Lane == Lane.Access && _access.TryAdd(work)) && !_content.TryAdd(work))
                return Answer.Full;
            metrics.Waiting(1);
            if (_state == State.Open)
                return Answer.Waits;
            _state = State.Open;
            return Answer.WaitsFirst;
        }
    }

    /// <summary>Takes a work out that nobody waits for any more; tells whether it was still there.</summary>
    public bool Remove(Work work)
    {
        lock (_lock)
        {
            var removed = _access.Remove(work) || _content.Remove(work);
            if (removed)
                metrics.Waiting(-1);
            return removed;
        }
    }

    /// <summary>Takes the work whose turn is next: from the lane of access first, as far as each may give one.</summary>
    public Work? Take(bool fromAccess, bool fromContent)
    {
        lock (_lock)
        {
            var work = (fromAccess ? _access.Take() : null) ?? (fromContent ? _content.Take() : null);
            if (work is not null)
                metrics.Waiting(-1);
            return work;
        }
    }

    /// <summary>Shows the works whose turns are next; they go on waiting.</summary>
    public List<Work> Show(int most)
    {
        lock (_lock)
            return [.. _access.Waiting.Concat(_content.Waiting).Take(most)];
    }

    /// <summary>Closes the queue unless somebody waits; tells whether it did.</summary>
    public bool CloseIfEmpty()
    {
        lock (_lock)
        {
            if (_access.Count + _content.Count > 0)
                return false;
            _state = State.Closed;
            return true;
        }
    }

    private sealed class Line(int room)
    {
        private readonly LinkedList<Work> _waiting = [];
        private readonly Dictionary<string, int> _held = [];
        private int _heldByGuests;

        public int Count => _waiting.Count;

        public IEnumerable<Work> Waiting => _waiting;

        public bool TryAdd(Work work)
        {
            if (Count >= room)
                return false;
            if (work.Holder is { } holder)
            {
                var held = _held.GetValueOrDefault(holder);
                if (held >= room / 4 || _heldByGuests >= room - room / 4)
                    return false;
                _held[holder] = held + 1;
                _heldByGuests++;
            }
            _waiting.AddLast(work);
            return true;
        }

        public Work? Take()
        {
            if (_waiting.First?.Value is not { } work)
                return null;
            _waiting.RemoveFirst();
            GiveBack(work);
            return work;
        }

        public bool Remove(Work work)
        {
            var removed = _waiting.Remove(work);
            if (removed)
                GiveBack(work);
            return removed;
        }

        private void GiveBack(Work work)
        {
            if (work.Holder is not { } holder)
                return;
            _heldByGuests--;
            if (--_held[holder] == 0)
                _held.Remove(holder);
        }
    }
}
