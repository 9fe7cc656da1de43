namespace Vibe.Storage.Sessions;

/// <summary>
/// One state of the database to read from: every statement sees the same commits. Decisions and the rows that they are
/// about are read in one of these.
/// </summary>
public sealed class Snapshot : Session
{
    internal Snapshot(OpenTransaction transaction)
        : base(transaction) { }

    /// <summary>Remembers from here on what is asked once, beside what is known already.</summary>
    public void Remember(Answers answers) => Remembered = answers;

    /// <summary>Asks several queries in one journey.</summary>
    public Task AskAsync(IReadOnlyList<Ask> asks, CancellationToken cancellation) =>
        asks.Count == 0 ? Task.CompletedTask : Transaction.AskAsync([], asks, cancellation);
}
