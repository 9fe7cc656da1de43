using Vibe.Errors.V1;
using Vibe.Hosting.Errors;

namespace Vibe.Consent.Apps;

internal static class AppErrors
{
    public static VibeException NotFound(string id) =>
        new(
            ErrorReason.ResourceNotFound,
            $"There is no app '{id}'.",
            new Dictionary<string, string> { ["resource"] = $"apps/{id}" }
        );

    public static VibeException Stale(App present) =>
        new(
            ErrorReason.EtagMismatch,
            "The app changed meanwhile. Read it, decide anew, and update it again.",
            new Dictionary<string, string> { ["resource"] = present.Name, ["etag"] = present.Etag }
        );
}
