namespace Vibe.Data.Feed;

/// <summary>When what is stored of a document changed, without what it is.</summary>
internal readonly record struct StoredStamps
{
    public required string Id { get; init; }

    /// <summary>The last change of any kind.</summary>
    public required Stamp Changed { get; init; }

    public required Stamp Created { get; init; }

    public Stamp? Deleted { get; init; }

    public required StampTable Members { get; init; }

    /// <summary>The last change of the access list; the creation, while there was none.</summary>
    public required Stamp ListChanged { get; init; }
}
