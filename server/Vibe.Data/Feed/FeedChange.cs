namespace Vibe.Data.Feed;

/// <summary>A document to send, as a put or as a removal, and its place in the reader's view.</summary>
internal readonly record struct FeedChange<T>(T Item, ViewPlace Place);
