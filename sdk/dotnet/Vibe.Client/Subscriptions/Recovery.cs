using Vibe.Client.Calls;

namespace Vibe.Client.Subscriptions;

/// <summary>What to do after a subscription was cut.</summary>
/// <param name="Step">What to do.</param>
/// <param name="Delay">How long to wait before.</param>
/// <param name="IsOffline">Whether the reader is told that nobody stands behind its view any more.</param>
internal readonly record struct Recovery(NextStep Step, TimeSpan Delay, bool IsOffline);
