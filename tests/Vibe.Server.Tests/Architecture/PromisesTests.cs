using System.Text.RegularExpressions;

namespace Vibe.Server.Tests.Architecture;

/// <summary>Every promise has a test, and every test that a promise names is there.</summary>
public sealed partial class PromisesTests
{
    /// <summary>What is promised by now.</summary>
    private static readonly string[] Promised =
    [
        .. Enumerable.Range(1, 31).Select(number => $"R{number}"),
        .. Enumerable.Range(1, 7).Select(number => $"I{number}"),
        "I12",
        "H1",
        "H2",
        "H3",
        "H6",
        "H8",
    ];

    private static readonly ILookup<string, string> Held = Row()
        .Matches(Repository.Read("docs/promises.md"))
        .SelectMany(row => Test().Matches(row.Groups["tests"].Value).Select(test => (row, test)))
        .ToLookup(pair => pair.row.Groups["promise"].Value, pair => pair.test.Groups["test"].Value);

    [Fact]
    public void Every_promise_names_a_test_that_holds_it() =>
        Assert.Equal(Promised.Order(), Held.Select(promise => promise.Key).Order());

    [Fact]
    public void Every_test_that_a_promise_names_is_there()
    {
        var tests = Repository
            .Files("tests", "*.cs")
            .SelectMany(file => TestsOf(Repository.Read(file)))
            .ToHashSet(StringComparer.Ordinal);

        Assert.All(Held.SelectMany(promise => promise), test => Assert.Contains(test, tests));
    }

    private static IEnumerable<string> TestsOf(string source)
    {
        var type = "";
        foreach (Match match in ClassOrTest().Matches(source))
        {
            if (match.Groups["class"].Success)
                type = match.Groups["class"].Value;
            else
                yield return $"{type}.{match.Groups["test"].Value}";
        }
    }

    [GeneratedRegex(@"^\| (?<promise>[RIH]\d+) \| (?<what>[^|]+) \| (?<tests>[^|]*) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"`(?<test>\w+\.\w+)`")]
    private static partial Regex Test();

    // A test is what bears the attribute of one, whatever else stands between that and the method.
    [GeneratedRegex(
        @"\b(?:public|sealed|abstract|partial) class (?<class>\w+)"
            + @"|\[(?:Fact|Theory)\b(?:(?!\bpublic\b)[\s\S])*public (?:async )?(?:Task|ValueTask|void) (?<test>\w+)\("
    )]
    private static partial Regex ClassOrTest();
}
