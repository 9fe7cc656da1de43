using System.Text.Json.Nodes;
using Vibe.Cases.Playing;
using Vibe.Cases.Scenarios;

namespace Vibe.Cases.Tests;

public sealed class HostTests(RunnerOf<CSharpKind> runner, Servers servers) : IClassFixture<RunnerOf<CSharpKind>>
{
    [Theory]
    [InlineData("""{"do":"dance"}""", "unknown")]
    [InlineData("""{"do":"get","collection":"c","document":"d","speed":3}""", "speed")]
    [InlineData("""{"do":"get","collection":"c","document":"d","expect":{"document":{"id":"d"}}}""", "not an object")]
    [InlineData("""{"do":"get","collection":"c","document":"d","error":{"code":"aborted"}}""", "error is expected")]
    [InlineData("""{"do":"get","collection":"c","document":"d","misuse":true}""", "misuse is expected")]
    public async Task A_step_that_is_not_known_or_not_met_fails_the_scenario(string step, string because)
    {
        var scenario = Scenario.Read("self", $$"""{"about":"self","kind":"live","steps":[{{step}}]}""");

        var wrong = await Play.RunAsync(scenario, runner.Runner, servers.Live);

        Assert.Contains(because, wrong, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"do":"get","await":"x"}""")]
    [InlineData("""{"about":"nothing"}""")]
    [InlineData("""{"do":"get","expect":{},"error":{}}""")]
    [InlineData("""{"do":"get","start":"x","expect":{}}""")]
    public void A_step_that_says_nothing_or_two_things_is_no_step(string step) =>
        Assert.Throws<ScenarioException>(() =>
            Scenario.Read("self", $$"""{"about":"self","kind":"live","steps":[{{step}}]}""")
        );

    [Fact]
    public void A_misspelt_member_of_a_scenario_is_refused() =>
        Assert.Throws<ScenarioException>(() =>
            Scenario.Read("self", """{"about":"self","kind":"live","stepps":[],"steps":[]}""")
        );

    [Fact]
    public async Task What_is_started_must_be_awaited()
    {
        var scenario = Scenario.Read(
            "self",
            """{"about":"self","kind":"live","steps":[{"start":"x","do":"get","collection":"c","document":"d"}]}"""
        );

        await Assert.ThrowsAsync<ScenarioException>(() => Play.RunAsync(scenario, runner.Runner, servers.Live));
    }

    [Fact]
    public async Task A_script_that_is_not_asked_for_fails_the_scenario()
    {
        var scenario = Scenario.Read(
            "self",
            """{"about":"self","kind":"scripted","server":{"GetDocument":[{"answer":{}}]},"steps":[]}"""
        );

        Assert.Contains(
            "GetDocument",
            await Play.RunAsync(scenario, runner.Runner, servers.Live),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("1", "1.0", true)]
    [InlineData("9007199254740993", "9007199254740992", false)]
    [InlineData("{\"a\":1}", "{\"a\":1,\"b\":2}", true)]
    [InlineData("[1]", "[1,2]", false)]
    [InlineData("null", "null", true)]
    [InlineData("\"*\"", "null", false)]
    [InlineData("{\"$missing\":true}", "null", true)]
    [InlineData("{\"$missing\":true}", "1", false)]
    [InlineData("{\"$size\":2}", "[1,2]", true)]
    [InlineData("{\"$atMost\":2}", "2", true)]
    [InlineData("{\"$atMost\":2}", "3", false)]
    [InlineData("{\"$not\":1}", "1", false)]
    [InlineData("[\"$x\",\"$x\"]", "[1,2]", false)]
    [InlineData("[\"$x\",\"$x\"]", "[1,1]", true)]
    public void Observations_are_compared_with_what_is_expected(string expected, string observed, bool isMet) =>
        Assert.Equal(
            isMet,
            Expectation.Differs(JsonNode.Parse(expected), JsonNode.Parse(observed), new Names()) is null
        );
}
