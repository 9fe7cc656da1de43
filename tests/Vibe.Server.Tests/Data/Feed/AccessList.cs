namespace Vibe.Server.Tests.Data.Feed;

/// <summary>An access list of the model: what it gives to the one reader, and a number for all it says of others.</summary>
internal readonly record struct AccessList(bool Reads, bool Shares, int Others);
