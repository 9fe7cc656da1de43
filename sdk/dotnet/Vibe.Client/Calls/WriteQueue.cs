using Vibe.Data.V1;

namespace Vibe.Client.Calls;

/// <summary>
/// The places for requests that write in one space, and those who wait for one, the oldest first. Who gets a place takes
/// along those behind that may share its message; so nobody waits for company, and nobody longer than for a place.
/// </summary>
internal sealed class WriteQueue(int places)
{
    private const int MostAlone = 10_000;

    private readonly Lock _lock = new();
    private readonly LinkedList<WaitingWrite> _line = new();

    // Where several are refused together each goes again by itself: what comes after one of them, to the same document,
    // must not overtake it meanwhile.
    private readonly HashSet<string> _shared = new(StringComparer.Ordinal);
    private int _free = places;
    private int _most = SharedWrite.MostWrites;

    // Where one refusal follows another, to go together first is a detour: ever more go alone before it is tried again.
    private int _alone;
    private int _aloneAfterRefusal;

    /// <summary>Lets the attempts of a request begin when it has a place, unless it is answered with others.</summary>
    public async Task<BatchWriteResponse> PassAsync(
        WaitingWrite write,
        Func<Task<BatchWriteResponse>> attempts,
        CancellationToken stop
    )
    {
        // Kept before it stands in line: who is to lead others has another turn after this one.
        var turn = write.Turn;
        if (!TryEnter(write) && await TurnAsync(write, turn, stop).ConfigureAwait(false) is { } answer)
        {
            return answer;
        }

        try
        {
            return await attempts().ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _free++;
                Admit();
            }
        }
    }

    /// <summary>Ends what several shared: it has been answered, or each is to go alone, before all that came later.</summary>
    public void Settle(SharedWrite shared, bool isToGoAlone)
    {
        lock (_lock)
        {
            foreach (var write in shared.Members.Reverse())
            {
                _shared.ExceptWith(write.Documents);
                write.GoAlone();
                if (isToGoAlone && !write.HasLeft)
                {
                    write.Place = _line.AddFirst(write);
                }
            }

            _aloneAfterRefusal = isToGoAlone ? Math.Min((2 * _aloneAfterRefusal) + shared.Members.Count, MostAlone) : 0;
            _alone = _aloneAfterRefusal;
            _free++;
            Admit();
        }
    }

    /// <summary>Lets fewer go together from here on: the server does not take so many.</summary>
    public void TakeFewer(int than)
    {
        lock (_lock)
        {
            _most = Math.Min(_most, than / 2);
        }
    }

    /// <summary>Takes a place that is free, or one in line.</summary>
    private bool TryEnter(WaitingWrite write)
    {
        lock (_lock)
        {
            if (_free > 0 && _line.Count == 0 && _shared.Count == 0)
            {
                _free--;
                return true;
            }

            write.Place = _line.AddLast(write);
            Admit();
            return false;
        }
    }

    private async Task<BatchWriteResponse?> TurnAsync(WaitingWrite write, Task<WriteTurn> turn, CancellationToken stop)
    {
        using var giveUp = stop.UnsafeRegister(_ => GiveUp(write, stop), null);
        while (true)
        {
            var (shared, answer) = await turn.ConfigureAwait(false);
            if (shared is null)
            {
                return answer;
            }

            // Traces see it where the one that waited longest called; but that one may give up before the others do.
            _ = shared.RunAsync();
            turn = write.Turn;
        }
    }

    private void GiveUp(WaitingWrite write, CancellationToken stop)
    {
        lock (_lock)
        {
            write.Leave(stop);
            write.Shared?.Left();
            if (write.Place is { List: not null } place)
            {
                _line.Remove(place);
                Admit();
            }
        }
    }

    private void Admit()
    {
        while (_free > 0 && Next() is { Count: > 0 } next)
        {
            _free--;
            foreach (var write in next)
            {
                _line.Remove(write.Place!);
            }

            if (next.Count == 1)
            {
                _alone -= next[0].MayShare && _alone > 0 ? 1 : 0;
                next[0].Go();
            }
            else
            {
                Share(next);
            }
        }
    }

    private void Share(IReadOnlyList<WaitingWrite> writes)
    {
        var shared = new SharedWrite(this, writes);
        foreach (var write in writes)
        {
            write.Shared = shared;
            _shared.UnionWith(write.Documents);
        }

        writes[0].Lead(shared);
    }

    /// <summary>The oldest that may go, and those right behind it that may go with it.</summary>
    private List<WaitingWrite> Next()
    {
        var (next, size) = (new List<WaitingWrite>(), 0L);
        var before = new HashSet<string>(_shared, StringComparer.Ordinal);
        foreach (var write in _line)
        {
            var isInOrder = !before.Overlaps(write.Documents);
            if (next.Count > 0 && !(isInOrder && _alone == 0 && next.Count < _most && next[0].MayTake(write)))
            {
                break;
            }

            before.UnionWith(write.Documents);
            if (!isInOrder)
            {
                continue;
            }

            size += write.Size;
            if (next.Count > 0 && size > write.Batch.Connection.MostSharedBytes)
            {
                break;
            }

            next.Add(write);
        }

        return next;
    }
}
