using Vibe.Errors.V1;
using Vibe.Hosting.Errors;

namespace Vibe.Sync.Subscriptions;

internal static class SubscriptionErrors
{
    public static VibeException TooManyStreams(int limit) =>
        new(
            ErrorReason.TooManyStreams,
            $"There are {limit} subscriptions open already; one of them has to end first.",
            new Dictionary<string, string> { ["limit"] = $"{limit}" }
        )
        {
            RetryDelay = TimeSpan.FromSeconds(5),
        };

    public static VibeException TooManyListings(int limit) =>
        new(
            ErrorReason.TooManyListings,
            $"There are {limit} subscriptions that have not caught up yet; one of them has to, or to end, first.",
            new Dictionary<string, string> { ["limit"] = $"{limit}" }
        )
        {
            RetryDelay = TimeSpan.FromSeconds(2),
        };

    public static VibeException ServerStopping() =>
        new(ErrorReason.ServerStopping, "The server is about to stop; another one goes on from the last token.")
        {
            // Spread, or every client of a stopping server arrives at the next one at once.
            RetryDelay = TimeSpan.FromMilliseconds(Random.Shared.Next(50, 1000)),
        };

    /// <summary>The client reads too slowly to be kept open; it loses nothing, since it goes on from its last token.</summary>
    public static VibeException Stalled() =>
        new(ErrorReason.SubscriptionEnded, "The client did not read for too long; it goes on from its last token.")
        {
            RetryDelay = TimeSpan.FromSeconds(1),
        };
}
