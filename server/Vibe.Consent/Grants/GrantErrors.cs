using Vibe.Consent.Apps;
using Vibe.Errors.V1;
using Vibe.Hosting.Errors;

namespace Vibe.Consent.Grants;

internal static class GrantErrors
{
    public static VibeException NotFound(GrantName name) =>
        new(
            ErrorReason.ResourceNotFound,
            "There is no such grant, or it is not yours to see.",
            new Dictionary<string, string> { ["resource"] = name.ToString() }
        );

    public static VibeException Exists(GrantName active) =>
        new(
            ErrorReason.ResourceExists,
            "The app has an active grant in this space already. Update or revoke that one.",
            new Dictionary<string, string> { ["resource"] = active.ToString() }
        );

    public static VibeException Ended(GrantName name) =>
        new(
            ErrorReason.GrantEnded,
            "The grant was revoked or has expired and cannot be changed. Make a new one.",
            new Dictionary<string, string> { ["grant"] = name.ToString() }
        );

    public static VibeException Stale(PersonGrant present) =>
        new(
            ErrorReason.EtagMismatch,
            "The grant changed meanwhile. Read it, decide anew, and write again.",
            new Dictionary<string, string> { ["resource"] = present.Name.ToString(), ["etag"] = present.Etag }
        );

    public static VibeException ManifestChanged(App app) =>
        new(
            ErrorReason.ManifestChanged,
            "The app's manifest is not the one that the grant quotes. Show the person the present one first.",
            new Dictionary<string, string> { ["app"] = app.Name, ["manifest_digest"] = app.ManifestDigest }
        );

    public static VibeException ManifestExceeded(string app, string field) =>
        new(
            ErrorReason.ManifestExceeded,
            $"The entry '{field}' allows what the app's manifest does not ask for.",
            new Dictionary<string, string> { ["app"] = app, ["field"] = field }
        );
}
