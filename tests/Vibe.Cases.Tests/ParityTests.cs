using Vibe.Cases.Playing;
using Vibe.Cases.Scenarios;

namespace Vibe.Cases.Tests;

/// <summary>Every scenario holds in one language; each language has a class of its own, so that they run beside each other.</summary>
public abstract class ParityTests(RunnerOf runner, Servers servers)
{
    private static readonly Dictionary<string, Scenario> Scenarios = Scenario
        .In(Checkout.Scenarios)
        .ToDictionary(scenario => scenario.Name, StringComparer.Ordinal);

    public static TheoryData<string> Names => [.. Scenarios.Keys];

    public static TheoryData<string, string> Faults =>
        [
            .. Scenarios.Values.SelectMany(scenario =>
                scenario.Sabotage.Select(fault => new TheoryDataRow<string, string>(scenario.Name, fault))
            ),
        ];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_scenario_holds(string name)
    {
        runner.IsThere();

        Assert.Null(await Play.RunAsync(Scenarios[name], runner.Runner, servers.Live));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_spoilt_message_does_not_pass_unseen(string name, string fault)
    {
        runner.IsThere();

        Assert.NotNull(await Play.RunAsync(Scenarios[name], runner.Runner, servers.Live, fault));
    }
}

public sealed class CSharpTests(RunnerOf<CSharpKind> runner, Servers servers)
    : ParityTests(runner, servers),
        IClassFixture<RunnerOf<CSharpKind>>;
