using System.Collections.Concurrent;

namespace Vibe.Client.Calls;

/// <summary>
/// What the client keeps per space: the consistency tokens of its writes and the places for writes in flight. Spaces
/// are told apart by their ids; the one behind <c>me</c> is learned from the first answer that names it.
/// </summary>
internal sealed class SpaceLedgers
{
    public const string Me = "me";

    private readonly ConcurrentDictionary<string, SpaceLedger> _ledgers = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private volatile string? _me;
    private long _count;

    /// <summary>Counts on; the order of sending and arriving over all spaces.</summary>
    public long Next() => Interlocked.Increment(ref _count);

    public SpaceLedger Of(string spaceId) => _ledgers.GetOrAdd(Resolve(spaceId), _ => new SpaceLedger());

    /// <summary>The id of a space, where <c>me</c> is known; else the id as it is.</summary>
    public string Resolve(string spaceId) => spaceId == Me ? _me ?? Me : spaceId;

    /// <summary>Notes which space stood behind the one that was asked for.</summary>
    public void Learn(string askedFor, string answeredName)
    {
        if (askedFor != Me || ResourceName.SpaceId(answeredName) is not { } id || id == Me || id == _me)
        {
            return;
        }

        lock (_lock)
        {
            if (_me is null && _ledgers.TryGetValue(Me, out var nameless))
            {
                if (!_ledgers.TryAdd(id, nameless))
                {
                    _ledgers[id].Tokens.TakeOver(nameless.Tokens);
                }
            }

            _me = id;
        }
    }
}
