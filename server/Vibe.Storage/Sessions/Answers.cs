namespace Vibe.Storage.Sessions;

/// <summary>What was asked in one state of the database, and is known of it: for those who read for many, and little for each.</summary>
public sealed class Answers
{
    private readonly Dictionary<object, Task> _answers = [];

    /// <summary>Takes down the answer to a question, or another one in its place.</summary>
    /// <param name="question">What was asked: a value of a type of its own, and equal to another that has the same answer.</param>
    /// <param name="answer">The answer, which nobody changes once it is read.</param>
    public void Set<T>(object question, T answer) => _answers[question] = Task.FromResult(answer);

    internal T? Find<T>(object question)
        where T : class =>
        _answers.GetValueOrDefault(question) is Task<T> { IsCompletedSuccessfully: true } known ? known.Result : null;

    internal Task<T> OnceAsync<T>(object question, Func<Task<T>> ask)
    {
        if (_answers.TryGetValue(question, out var known))
            return (Task<T>)known;
        var asking = ask();
        _answers.Add(question, asking);
        return asking;
    }
}
