using System.Text.RegularExpressions;
using Vibe.Testing;

namespace Vibe.Cases.Tests.Quickstarts;

/// <summary>A page of the documentation that is followed to the letter.</summary>
internal sealed partial class Page
{
    private Page(string text) =>
        Sections = SectionOf()
            .Matches(text)
            .ToDictionary(section => section.Groups[1].Value, section => section.Groups[2].Value);

    /// <summary>What is below each of its headings.</summary>
    public IReadOnlyDictionary<string, string> Sections { get; }

    /// <summary>Reads a page of <c>docs/</c>.</summary>
    public static Page Of(string name) => new(File.ReadAllText(Path.Combine(Checkout.Root, "docs", name)));

    /// <summary>The numbers of the steps of a section.</summary>
    public static IEnumerable<int> Steps(string section) =>
        StepOf().Matches(section).Select(step => int.Parse(step.Groups[1].Value, null));

    /// <summary>One step of a section.</summary>
    public static string Step(string section, int number) =>
        section.Split("\n### ").Single(step => step.StartsWith($"{number}. ", StringComparison.Ordinal));

    [GeneratedRegex(@"^## ([^\n]+)\n(.*?)(?=^## |\z)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex SectionOf();

    [GeneratedRegex(@"^### (\d+)\. ", RegexOptions.Multiline)]
    private static partial Regex StepOf();
}
