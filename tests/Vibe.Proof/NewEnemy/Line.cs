namespace Vibe.Proof.NewEnemy;

/// <summary>One change in an order.</summary>
/// <param name="Mark">What identifies the call that made it.</param>
/// <param name="State">The state after it.</param>
internal sealed record Entry<TState>(string Mark, TState State);

/// <summary>
/// An order of changes, as the database took them, and between which moments each can have come about. Place 0 is before
/// the first change, place n after the n-th.
/// </summary>
internal abstract class Line(string name, IReadOnlyList<string> marks)
{
    private readonly long[] _from = [.. Enumerable.Repeat(long.MinValue, marks.Count + 1)];
    private readonly long[] _to = [.. Enumerable.Repeat(long.MaxValue, marks.Count + 1)];

    public string Name => name;
    public int Last => marks.Count;

    /// <summary>The mark of the change that leads to a place.</summary>
    public string MarkOf(int place) => marks[place - 1];

    /// <summary>The place behind the change with a mark, or nothing.</summary>
    public int? Find(string mark)
    {
        for (var place = 1; place <= Last; place++)
            if (MarkOf(place) == mark)
                return place;
        return null;
    }

    /// <summary>The earliest moment at which a place can have been the present one.</summary>
    public long Begins(int place) => place == 0 ? long.MinValue : _from[place];

    /// <summary>The latest moment at which a place can have been the present one.</summary>
    public long Ends(int place) => place == Last ? long.MaxValue : _to[place + 1];

    /// <summary>Says that a change had not come about before a moment.</summary>
    public void NotBefore(int place, long moment) => _from[place] = Math.Max(_from[place], moment);

    /// <summary>Says that a change had come about by a moment.</summary>
    public void NotAfter(int place, long moment) => _to[place] = Math.Min(_to[place], moment);

    /// <summary>Carries what is known of each change over to those behind and before it; gives a change that has no moment left.</summary>
    public int? Close()
    {
        for (var place = 1; place <= Last; place++)
            _from[place] = Math.Max(_from[place], _from[place - 1]);
        for (var place = Last - 1; place >= 1; place--)
            _to[place] = Math.Min(_to[place], _to[place + 1]);
        for (var place = 1; place <= Last; place++)
            if (_from[place] > _to[place])
                return place;
        return null;
    }

    /// <summary>Sums up what is known, so that one can tell whether more has become known.</summary>
    public long Knowledge
    {
        get
        {
            var hash = new HashCode();
            foreach (var moment in _from.Concat(_to))
                hash.Add(moment);
            return hash.ToHashCode();
        }
    }
}

/// <summary>An order, and the state at each place of it.</summary>
internal sealed class Line<TState>(string name, TState first, IReadOnlyList<Entry<TState>> entries)
    : Line(name, [.. entries.Select(entry => entry.Mark)])
{
    public TState At(int place) => place == 0 ? first : entries[place - 1].State;
}
