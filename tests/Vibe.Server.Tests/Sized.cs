namespace Vibe.Server.Tests;

/// <summary>Documents of a size to the byte, as JSON text.</summary>
internal static class Sized
{
    public static string OfSize(string name, int bytes) =>
        $$"""{"{{name}}":"{{new string('x', bytes - name.Length - 7)}}"}""";

    public static string OfValues(int values, string name = "a") =>
        $$"""{"{{name}}":[{{string.Join(',', Enumerable.Repeat("1", values - 1))}}]}""";

    public static string OfDepth(int levels) =>
        $$"""{"a":{{new string('[', levels - 1)}}1{{new string(']', levels - 1)}}}""";

    public static string Named(string name) => $$"""{"{{name}}":1}""";
}
