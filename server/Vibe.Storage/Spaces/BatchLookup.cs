using Vibe.Storage.Sessions;

namespace Vibe.Storage.Spaces;

/// <summary>Something that a work will want to know, told before its turn.</summary>
/// <param name="Lookup">What kind of thing.</param>
/// <param name="Key">Which one.</param>
public readonly record struct Question(BatchLookup Lookup, object Key);

/// <summary>A kind of question that can be asked for many works at once.</summary>
public abstract class BatchLookup
{
    private protected BatchLookup() { }

    /// <summary>Makes queries that answer for several keys; a key of which they tell nothing is answered so.</summary>
    internal abstract IEnumerable<Ask> AsksFor(IEnumerable<object> keys, Action<Question, object> answer);
}

/// <summary>Looks things up by their keys.</summary>
public abstract class BatchLookup<TKey, TValue> : BatchLookup
    where TKey : notnull
    where TValue : class
{
    /// <summary>Asks for one.</summary>
    public Question For(TKey key) => new(this, key);

    /// <summary>Makes queries for several, none of them twice.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="found">Is told what there is.</param>
    protected abstract IEnumerable<Ask> AsksFor(IReadOnlyList<TKey> keys, Action<TKey, TValue> found);

    /// <summary>Asks for several at once.</summary>
    internal async Task<Dictionary<TKey, TValue>> AskAsync(Write write, IReadOnlyList<TKey> keys)
    {
        var answers = new Dictionary<TKey, TValue>(keys.Count);
        await write.AskAsync([.. AsksFor(keys, (key, value) => answers[key] = value)]);
        return answers;
    }

    internal override IEnumerable<Ask> AsksFor(IEnumerable<object> keys, Action<Question, object> answer) =>
        AsksFor([.. keys.Cast<TKey>()], (key, value) => answer(For(key), value));
}
