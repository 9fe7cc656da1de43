using Vibe.Storage.Sessions;

namespace Vibe.Storage.Spaces;

/// <summary>
/// Readers that wait for what a write moves, and are gathered before its commit, so that what they have to ask goes to the
/// database together with it. The state that they are answered from is one behind the commit, like any that they would
/// have asked for once they were told.
/// </summary>
public abstract class Convoy
{
    /// <summary>When the write was committed, in microseconds since the Unix epoch by the database's clock.</summary>
    public long CommittedAt { get; internal set; }

    /// <summary>Begins the readers' reads, and gives what they have to ask.</summary>
    /// <param name="answers">Where the answers are taken down.</param>
    public abstract IReadOnlyList<Ask> Begin(Answers answers);

    /// <summary>Goes on with the answers, on a thread of its own.</summary>
    public abstract void Arrive(AnsweredState state);

    /// <summary>Lets go of the readers: what they waited for did not come, or was not seen. They look for themselves.</summary>
    public abstract void Disband();
}
