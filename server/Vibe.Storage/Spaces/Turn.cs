using Vibe.Storage.Sessions;

namespace Vibe.Storage.Spaces;

/// <summary>
/// A writer's turn in a space: it holds the space's lock, and what it writes takes its place behind everything that was
/// written before.
/// </summary>
public sealed class Turn
{
    internal Turn(Write write, SpaceName space, long head, long policyEpoch, long at, bool exists, Foresight foresight)
    {
        Write = write;
        Space = space;
        Head = head;
        PolicyEpoch = policyEpoch;
        At = at;
        Exists = exists;
        FirstHead = head;
        Foresight = foresight;
    }

    /// <summary>The transaction of the turn.</summary>
    public Write Write { get; }

    /// <summary>What was asked for its work and others of its group.</summary>
    public Foresight Foresight { get; }

    /// <summary>The space.</summary>
    public SpaceName Space { get; }

    /// <summary>Whether there is such a space. One that is not there shows nothing and takes nothing.</summary>
    public bool Exists { get; }

    /// <summary>The newest revision, those of this turn included.</summary>
    public long Head { get; private set; }

    /// <summary>How often the space's grants moved, this turn included.</summary>
    public long PolicyEpoch { get; private set; }

    /// <summary>The time of everything that is written in this turn; never before that of an earlier one.</summary>
    public long At { get; }

    /// <summary>Since when outcomes are remembered by their idempotency keys.</summary>
    internal long RemembersSince { get; init; }

    internal long FirstHead { get; }

    internal bool Moved => Head != FirstHead;

    /// <summary>Finds things by their keys: in what was asked for the whole group, as long as it stands, else by a query.</summary>
    /// <returns>What there is, as the works before this one left it.</returns>
    public async ValueTask<Dictionary<TKey, TValue>> FindAsync<TKey, TValue>(
        BatchLookup<TKey, TValue> lookup,
        IReadOnlyCollection<TKey> keys
    )
        where TKey : notnull
        where TValue : class
    {
        var found = new Dictionary<TKey, TValue>(keys.Count);
        List<TKey>? unknown = null;
        foreach (var key in keys)
            if (!Foresight.Knows(lookup, key, out var value))
                (unknown ??= []).Add(key);
            else if (value is not null)
                found[key] = value;
        if (unknown is not null)
            foreach (var (key, value) in await lookup.AskAsync(Write, unknown))
                found[key] = value;
        return found;
    }

    /// <summary>Finds one thing like <see cref="FindAsync{TKey, TValue}(Lookup{TKey, TValue}, IReadOnlyCollection{TKey})"/>.</summary>
    public async ValueTask<TValue?> FindAsync<TKey, TValue>(BatchLookup<TKey, TValue> lookup, TKey key)
        where TKey : notnull
        where TValue : class =>
        Foresight.Knows(lookup, key, out var value)
            ? value
            : (await lookup.AskAsync(Write, [key])).GetValueOrDefault(key);

    /// <summary>Takes the next revision, for one change of one resource.</summary>
    public long NextRevision() =>
        Exists ? ++Head : throw new InvalidOperationException($"There is no space {Space} to write in.");

    /// <summary>Takes the next revision for a change of what is allowed in the space.</summary>
    public long NextPolicyRevision()
    {
        var revision = NextRevision();
        PolicyEpoch++;
        Foresight.ForgetAll();
        return revision;
    }
}

/// <summary>A place in a space's history, and the incarnation that wrote it.</summary>
public readonly record struct Moment(SpaceName Space, string Incarnation, long Revision);
