using Vibe.Storage.Sessions;

namespace Vibe.Storage.Spaces;

/// <summary>
/// A writer's turn in a space: it holds the space's lock, and what it writes takes its place behind everything that was
/// written before.
/// </summary>
public sealed class Turn
{
    internal Turn(Write write, SpaceName space, long head, long policyEpoch, long at, bool exists)
    {
        Write = write;
        Space = space;
        Head = head;
        PolicyEpoch = policyEpoch;
        At = at;
        Exists = exists;
        FirstHead = head;
    }

    /// <summary>The transaction of the turn.</summary>
    public Write Write { get; }

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

    /// <summary>Takes the next revision, for one change of one resource.</summary>
    public long NextRevision() =>
        Exists ? ++Head : throw new InvalidOperationException($"There is no space {Space} to write in.");

    /// <summary>Takes the next revision for a change of what is allowed in the space.</summary>
    public long NextPolicyRevision()
    {
        var revision = NextRevision();
        PolicyEpoch++;
        return revision;
    }
}

/// <summary>A place in a space's history, and the incarnation that wrote it.</summary>
public readonly record struct Moment(SpaceName Space, string Incarnation, long Revision);
