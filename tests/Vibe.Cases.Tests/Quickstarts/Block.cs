using System.Text.RegularExpressions;

namespace Vibe.Cases.Tests.Quickstarts;

/// <summary>A fenced block of a page, with the paragraph before it, which says what it is for.</summary>
/// <param name="Language">What its fence says: <c>sh</c> is typed into a terminal, <c>text</c> is what one shows.</param>
/// <param name="Content">Its lines.</param>
/// <param name="Before">The paragraph before it.</param>
internal sealed partial record Block(string Language, string Content, string Before)
{
    private static readonly string[] Ordinals = ["first", "second", "third"];

    public bool IsTyped => Language == "sh";

    public bool IsShown => Language == "text";

    public string[] Lines => Content.TrimEnd('\n').Split('\n');

    /// <summary>The terminal that the paragraph speaks of, from 0; null when it speaks of none.</summary>
    public int? Terminal =>
        TerminalWords().Match(Before) is { Success: true } named
            ? Array.IndexOf(Ordinals, named.Groups[1].Value)
            : null;

    /// <summary>The file that the paragraph tells to save it as.</summary>
    public string File =>
        FileWords().Match(Before) is { Success: true } named
            ? named.Groups[1].Value
            : throw new InvalidOperationException($"No paragraph says where to save:\n{Content}");

    /// <summary>The blocks of a page, or of a part of one.</summary>
    public static IReadOnlyList<Block> In(string markdown) =>
        [
            .. Fences()
                .Matches(markdown)
                .Select(fence => new Block(
                    fence.Groups["language"].Value,
                    fence.Groups["content"].Value,
                    fence.Groups["before"].Value
                )),
        ];

    [GeneratedRegex("(first|second|third) terminal")]
    private static partial Regex TerminalWords();

    [GeneratedRegex("Save as `([^`]+)`")]
    private static partial Regex FileWords();

    [GeneratedRegex(
        @"(?<before>(?:^(?!```|#)[^\n]+\n)*)\n?^```(?<language>\w*)\n(?<content>.*?)^```$",
        RegexOptions.Multiline | RegexOptions.Singleline
    )]
    private static partial Regex Fences();
}
