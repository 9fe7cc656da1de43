using Vibe.Data.V1;

namespace Vibe.Client.Calls;

/// <summary>What the wait of a write ends with.</summary>
/// <param name="Shared">What it is to start, for itself and for others; it goes on waiting.</param>
/// <param name="Answer">The answer, where it was written together with others; without either it has a place.</param>
internal readonly record struct WriteTurn(SharedWrite? Shared, BatchWriteResponse? Answer);
