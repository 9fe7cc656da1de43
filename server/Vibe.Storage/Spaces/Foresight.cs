using Vibe.Storage.Sessions;

namespace Vibe.Storage.Spaces;

/// <summary>
/// What a group asked for its works before their turns, under the spaces' locks. Whoever writes what may have been asked for
/// says so, and then it is not known any more: a work that finds nothing here asks by itself.
/// </summary>
public sealed class Foresight
{
    private readonly Dictionary<Question, object?> _answers = [];

    /// <summary>Tells whether something was asked for and stands; then also what there is, or nothing.</summary>
    internal bool Knows<TKey, TValue>(BatchLookup<TKey, TValue> lookup, TKey key, out TValue? value)
        where TKey : notnull
        where TValue : class
    {
        var isKnown = _answers.TryGetValue(lookup.For(key), out var answer);
        value = answer as TValue;
        return isKnown;
    }

    /// <summary>Forgets what is about to be written.</summary>
    public void Forget(Question question) => _answers.Remove(question);

    /// <summary>Forgets everything.</summary>
    public void ForgetAll() => _answers.Clear();

    /// <summary>Makes the queries that answer what is not known yet.</summary>
    internal IReadOnlyList<Ask> AsksFor(IEnumerable<Question> questions) =>
        [
            .. questions
                .Where(question => _answers.TryAdd(question, null))
                .GroupBy(question => question.Lookup, question => question.Key)
                .SelectMany(kind => kind.Key.AsksFor(kind, (question, answer) => _answers[question] = answer)),
        ];
}
