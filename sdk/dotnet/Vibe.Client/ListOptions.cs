namespace Vibe.Client;

/// <summary>What a listing may be told.</summary>
public sealed class ListOptions
{
    /// <summary>How many items a page holds at most; 0 means 100, more than 1,000 is taken as 1,000.</summary>
    public int PageSize { get; init; }

    /// <summary>
    /// Continues where the page ended that gave this token; null begins at the start. Works for a day.
    /// </summary>
    public string? PageToken { get; init; }

    /// <summary>
    /// Asks for answers at least as fresh as the write that gave this token, as in <see cref="ReadOptions"/>.
    /// </summary>
    public string? ConsistencyToken { get; init; }

    /// <summary>How long the call for each page may take as a whole; null takes that of the client.</summary>
    public TimeSpan? Timeout { get; init; }
}
