namespace Vibe.Storage.Spaces;

/// <summary>A work that a group took, and what became of it.</summary>
internal sealed class GroupEntry(Work work)
{
    public Work Work { get; } = work;

    public Exception? Refusal { get; set; }

    /// <summary>Whether it took a revision.</summary>
    public bool HasMoved { get; set; }

    /// <summary>The space's head once the work was done.</summary>
    public long Revision { get; set; }
}
