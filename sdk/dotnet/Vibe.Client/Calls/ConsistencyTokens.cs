namespace Vibe.Client.Calls;

/// <summary>
/// The tokens of one space's writes that a read must quote to see them all. Tokens are opaque, so of two writes in
/// flight nobody knows which is the later; a token is dropped only when a write that was sent after it arrived is
/// acknowledged. What is kept was therefore all in flight at once, and is never more than the writes allowed there.
/// </summary>
internal sealed class ConsistencyTokens
{
    /// <summary>The most that the server takes.</summary>
    public const int Limit = 32;

    private readonly Lock _lock = new();
    private readonly List<(string Token, long Arrived)> _kept = [];

    /// <summary>Takes in a write's acknowledgement.</summary>
    /// <param name="token">The token that it brought.</param>
    /// <param name="sent">The count when the write was first sent.</param>
    /// <param name="arrived">The count when the acknowledgement arrived.</param>
    public void Acknowledge(string token, long sent, long arrived)
    {
        lock (_lock)
        {
            _kept.RemoveAll(kept => kept.Arrived < sent);
            _kept.Add((token, arrived));
        }
    }

    /// <summary>What to quote.</summary>
    public string[] ToQuote()
    {
        lock (_lock)
        {
            return [.. _kept.Skip(Math.Max(0, _kept.Count - Limit)).Select(kept => kept.Token)];
        }
    }

    /// <summary>Drops tokens that the server does not know any more.</summary>
    public void Forget(IReadOnlyCollection<string> tokens)
    {
        lock (_lock)
        {
            _kept.RemoveAll(kept => tokens.Contains(kept.Token));
        }
    }

    /// <summary>Takes over what was kept for the same space under another name.</summary>
    public void TakeOver(ConsistencyTokens other)
    {
        (string, long)[] taken;
        lock (other._lock)
        {
            taken = [.. other._kept];
            other._kept.Clear();
        }

        lock (_lock)
        {
            _kept.AddRange(taken);
            _kept.Sort((left, right) => left.Arrived.CompareTo(right.Arrived));
        }
    }
}
