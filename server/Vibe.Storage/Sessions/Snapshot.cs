namespace Vibe.Storage.Sessions;

/// <summary>
/// One state of the database to read from: every statement sees the same commits. Decisions and the rows that they are
/// about are read in one of these.
/// </summary>
public sealed class Snapshot : Session
{
    private Dictionary<object, Task>? _answers;

    internal Snapshot(OpenTransaction transaction)
        : base(transaction) { }

    /// <summary>Remembers from here on what is asked once: for those who read for many, and little for each.</summary>
    public void RememberAnswers() => _answers ??= [];

    /// <summary>Takes down the answer to a question that was asked together with others.</summary>
    /// <exception cref="InvalidOperationException">Answers are not remembered.</exception>
    public void Answer<T>(object question, T answer) =>
        (_answers ?? throw new InvalidOperationException("Answers are not remembered."))[question] = Task.FromResult(
            answer
        );

    /// <summary>Asks several queries in one journey.</summary>
    public Task AskAsync(IReadOnlyList<Ask> asks) =>
        asks.Count == 0 ? Task.CompletedTask : Transaction.AskAsync([], asks, CancellationToken.None);

    /// <inheritdoc />
    public override Task<T> OnceAsync<T>(object question, Func<Task<T>> ask)
    {
        if (_answers is null)
            return ask();
        if (_answers.TryGetValue(question, out var known))
            return (Task<T>)known;
        var asking = ask();
        _answers.Add(question, asking);
        return asking;
    }

    /// <inheritdoc />
    public override IAsyncEnumerable<T> StreamOnceAsync<T>(object question, Func<IAsyncEnumerable<T>> ask)
    {
        return _answers is null ? ask() : Known();

        async IAsyncEnumerable<T> Known()
        {
            foreach (var each in await OnceAsync(question, () => ask().ToListAsync().AsTask()))
                yield return each;
        }
    }
}
