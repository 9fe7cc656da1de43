namespace Vibe.Data.Feed;

/// <summary>A page of a view, and where its reader is after it.</summary>
/// <param name="Entries">What to tell, in its order.</param>
/// <param name="Position">Where the reader is then.</param>
/// <param name="Head">The newest revision of the space in the state that was read.</param>
/// <param name="IsComplete">Whether the reader then holds all that it sees in that state.</param>
public sealed record FeedSlice(IReadOnlyList<FeedEntry> Entries, FeedPosition Position, long Head, bool IsComplete);
