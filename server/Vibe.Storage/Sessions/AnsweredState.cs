namespace Vibe.Storage.Sessions;

/// <summary>
/// One state of the database of which no more is known than what was asked for by one journey; it may be long gone.
/// </summary>
public sealed class AnsweredState : Session
{
    internal AnsweredState(Answers answers)
        : base(new Gone()) => Remembered = answers;

    /// <summary>Where statements find nothing to be carried out in.</summary>
    private sealed class Gone : OpenTransaction
    {
        public override Task<int> RunAsync(IReadOnlyList<Statement> statements, CancellationToken cancellation) =>
            throw new NotAskedException();

        public override Task<Rows> QueryAsync(
            IReadOnlyList<Statement> before,
            Statement query,
            CancellationToken cancellation
        ) => throw new NotAskedException();

        public override Task AskAsync(
            IReadOnlyList<Statement> before,
            IReadOnlyList<Ask> asks,
            CancellationToken cancellation
        ) => throw new NotAskedException();

        public override Task CommitAsync(IReadOnlyList<Statement> before) => throw new NotAskedException();

        public override ValueTask DisposeAsync() => default;
    }
}

/// <summary>Something has to be known of a state that was not asked for in it: whoever needs it reads anew, from another state.</summary>
public sealed class NotAskedException() : Exception("This was not asked for while there was somebody to ask.");
