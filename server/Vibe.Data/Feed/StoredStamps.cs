namespace Vibe.Data.Feed;

/// <summary>When what is stored of a document changed: what its place in any view rests on, beside its access lists.</summary>
internal readonly record struct StoredStamps
{
    public required string Id { get; init; }

    /// <summary>The last change of any kind, hidden ones included; never below the place in a view.</summary>
    public required Stamp Changed { get; init; }

    public required Stamp Created { get; init; }

    public Stamp? Deleted { get; init; }

    public required StampTable Members { get; init; }

    /// <summary>The last change of the access list; the creation, while there was none.</summary>
    public required Stamp ListChanged { get; init; }
}
