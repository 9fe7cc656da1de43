using System.Text.RegularExpressions;
using Vibe.Testing;

namespace Vibe.Cases.Tests.Quickstarts;

/// <summary>The page of quickstarts: a section for each language.</summary>
internal static partial class Page
{
    public static string Text { get; } = File.ReadAllText(Path.Combine(Checkout.Root, "docs/quickstart.md"));

    public static IReadOnlyDictionary<string, string> Sections { get; } =
        SectionOf().Matches(Text).ToDictionary(section => section.Groups[1].Value, section => section.Groups[2].Value);

    /// <summary>The numbers of the steps of a section.</summary>
    public static IEnumerable<int> Steps(string section) =>
        StepOf().Matches(section).Select(step => int.Parse(step.Groups[1].Value, null));

    [GeneratedRegex(@"^## ([^\n]+)\n(.*?)(?=^## |\z)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex SectionOf();

    [GeneratedRegex(@"^### (\d+)\. ", RegexOptions.Multiline)]
    private static partial Regex StepOf();
}
