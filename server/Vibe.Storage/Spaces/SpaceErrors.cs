using Vibe.Errors.V1;
using Vibe.Hosting.Errors;

namespace Vibe.Storage.Spaces;

/// <summary>Refusals that concern a space, whatever is written in it.</summary>
internal static class SpaceErrors
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>More writes wait for the space, or of this app in it, than the server queues.</summary>
    public static VibeException Busy(SpaceName space) =>
        new(
            ErrorReason.SpaceBusy,
            "Too many writes wait for the space; nothing was written.",
            new Dictionary<string, string> { ["space"] = space.ToString() }
        )
        {
            RetryDelay = RetryDelay,
        };
}
