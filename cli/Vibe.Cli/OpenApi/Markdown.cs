using Google.Protobuf.Reflection;

namespace Vibe.Cli.OpenApi;

/// <summary>What descriptions need beside the comments of the contract.</summary>
internal static class Markdown
{
    /// <summary>Lists values with what they stand for.</summary>
    public static string Terms(IEnumerable<EnumValueDescriptor> values) =>
        string.Join('\n', values.Select(value => Term(value.Name, CommentedContract.CommentOf(value))));

    /// <summary>A name and what it stands for, as an entry of a list.</summary>
    public static string Term(string name, string meaning) =>
        $"* `{name}`: {meaning.Replace("\n", "\n  ", StringComparison.Ordinal)}";
}
