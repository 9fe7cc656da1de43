namespace Vibe.Data.Feed;

/// <summary>What the order of a view needs to know of one document, its access lists evaluated for one reader.</summary>
internal readonly record struct DocumentHistory
{
    public required string Id { get; init; }

    /// <summary>The revision of the last change of any kind, hidden ones included; never below the place in a view.</summary>
    public required long Revision { get; init; }

    public required Stamp Created { get; init; }

    public Stamp? Deleted { get; init; }

    public required StampTable MemberStamps { get; init; }

    /// <summary>
    /// The access list at creation and each change of it, in ascending revision. Before the first step nobody is in:
    /// a reader whom lists do not bind is admitted by every step, the one at creation included.
    /// </summary>
    public required IReadOnlyList<ListStep> Lists { get; init; }
}
