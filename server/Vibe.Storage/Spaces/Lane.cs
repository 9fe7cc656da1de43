namespace Vibe.Storage.Spaces;

/// <summary>Where a write waits for its turn in a space.</summary>
public enum Lane
{
    /// <summary>With everything that changes content.</summary>
    Content,

    /// <summary>
    /// Before all content that waits: for grants, revocations and access lists, so that no amount of writing delays what
    /// takes a right back.
    /// </summary>
    Access,
}
