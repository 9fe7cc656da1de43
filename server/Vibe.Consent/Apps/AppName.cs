using Vibe.Hosting.Errors;

namespace Vibe.Consent.Apps;

/// <summary>The name of an app, <c>apps/{app}</c>.</summary>
internal static class AppName
{
    private const int MaxLength = 63;
    private const string Form = "'apps/{app}' with an id of 1 to 63 characters of [a-z0-9-] that begins with a letter";

    /// <summary>Reads the id in a name.</summary>
    /// <exception cref="VibeException">NAME_INVALID.</exception>
    public static string Parse(string text, string field) =>
        text.Split('/') is ["apps", var id] && IsId(id) ? id : throw CallErrors.NameInvalid(field, text, Form);

    /// <summary>Checks an id that shall be registered.</summary>
    /// <exception cref="VibeException">NAME_INVALID: no id, or one that is nobody's.</exception>
    public static string CheckId(string id) =>
        IsId(id) && id is not ("vibe" or "me")
            ? id
            : throw CallErrors.NameInvalid(
                "app_id",
                id,
                "1 to 63 characters of [a-z0-9-], a letter first; not 'vibe' or 'me'"
            );

    private static bool IsId(string id) =>
        id.Length is > 0 and <= MaxLength
        && char.IsAsciiLetterLower(id[0])
        && id.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
