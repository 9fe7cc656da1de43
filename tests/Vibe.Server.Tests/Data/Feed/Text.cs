namespace Vibe.Server.Tests.Data.Feed;

internal static class Text
{
    public static string Of<T>(IEnumerable<KeyValuePair<string, T>> members) =>
        "{"
        + string.Join(",", members.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"{m.Key}:{m.Value}"))
        + "}";
}
