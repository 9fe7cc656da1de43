using Vibe.Errors.V1;
using Vibe.Hosting.Errors;

namespace Vibe.Sync.Subscriptions;

internal static class SubscriptionErrors
{
    public static VibeException ServerStopping() =>
        new(ErrorReason.ServerStopping, "The server is about to stop; another one goes on from the last token.")
        {
            // Spread, or every client of a stopping server arrives at the next one at once.
            RetryDelay = TimeSpan.FromMilliseconds(Random.Shared.Next(50, 1000)),
        };
}
