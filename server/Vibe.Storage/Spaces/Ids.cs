namespace Vibe.Storage.Spaces;

/// <summary>The form of ids in resource names: nothing in it needs escaping in any address.</summary>
public static class Ids
{
    /// <summary>The longest id, in characters.</summary>
    public const int MaxLength = 64;

    /// <summary>Whether a text is an id: 1 to 64 characters of <c>[A-Za-z0-9._~-]</c>, neither <c>.</c> nor <c>..</c>.</summary>
    public static bool IsId(string text) =>
        text.Length is > 0 and <= MaxLength && text is not ("." or "..") && text.All(IsIdCharacter);

    private static bool IsIdCharacter(char character) =>
        char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '~' or '-';
}
