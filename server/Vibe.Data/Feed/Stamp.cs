namespace Vibe.Data.Feed;

/// <summary>The moment of a change: its revision in the space, and its time in microseconds since the Unix epoch.</summary>
internal readonly record struct Stamp(long Revision, long At);
