using Vibe.Errors.V1;
using Vibe.Hosting.Errors;

namespace Vibe.Sync.Subscriptions;

internal static class SubscriptionErrors
{
    public static VibeException Stalled(Exception inner) =>
        new(
            ErrorReason.SubscriptionEnded,
            "The client did not take what was sent; it goes on from its last token.",
            inner: inner
        )
        {
            RetryDelay = TimeSpan.FromSeconds(1),
        };

    public static VibeException ServerStopping() =>
        new(ErrorReason.ServerStopping, "The server is about to stop; another one goes on from the last token.")
        {
            // Spread, or every client of a stopping server arrives at the next one at once.
            RetryDelay = TimeSpan.FromMilliseconds(Random.Shared.Next(50, 1000)),
        };
}
