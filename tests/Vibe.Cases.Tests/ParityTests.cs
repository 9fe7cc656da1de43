using Vibe.Cases.Playing;
using Vibe.Cases.Scenarios;
using Vibe.Cases.Trials;

namespace Vibe.Cases.Tests;

/// <summary>Every scenario holds in one language; each language has a class of its own, so that they run beside each other.</summary>
public abstract class ParityTests(RunnerOf runner, Servers servers)
{
    private const int AFewTimes = 3;

    private static readonly Dictionary<string, Scenario> Scenarios = Scenario
        .In(Scenario.Folder)
        .Where(scenario => scenario.Doors.Count == 0)
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

        var wrong = await Play.RunAsync(Scenarios[name], runner.Runner, servers.Live);
        Assert.True(wrong is null, wrong);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_spoilt_message_does_not_pass_unseen(string name, string fault)
    {
        runner.IsThere();

        Assert.NotNull(await Play.RunAsync(Scenarios[name], runner.Runner, servers.Live, fault));
    }

    [Fact]
    public async Task Nothing_is_shown_after_a_revocation()
    {
        runner.IsThere();

        var wrong = await new RevocationTrial(runner.Runner, servers.Live, fault: null).RunAsync(AFewTimes);
        Assert.True(wrong is null, wrong);
    }

    [Theory]
    [InlineData("late", "1 passed and 1 were shown")]
    [InlineData("after", "1 passed and 0 were shown")]
    public async Task A_change_after_a_revocation_does_not_pass_unseen(string fault, string seen)
    {
        runner.IsThere();

        var wrong = await new RevocationTrial(runner.Runner, servers.Live, fault).RunAsync(times: 1);
        Assert.Contains(seen, wrong, StringComparison.Ordinal);
    }
}

public sealed class CSharpTests(RunnerOf<CSharpKind> runner, Servers servers)
    : ParityTests(runner, servers),
        IClassFixture<RunnerOf<CSharpKind>>;

public sealed class PythonTests(RunnerOf<PythonKind> runner, Servers servers)
    : ParityTests(runner, servers),
        IClassFixture<RunnerOf<PythonKind>>;

public sealed class PythonAsyncioTests(RunnerOf<PythonAsyncioKind> runner, Servers servers)
    : ParityTests(runner, servers),
        IClassFixture<RunnerOf<PythonAsyncioKind>>;

public sealed class RustTests(RunnerOf<RustKind> runner, Servers servers)
    : ParityTests(runner, servers),
        IClassFixture<RunnerOf<RustKind>>;

public sealed class TypeScriptNodeTests(RunnerOf<TypeScriptNodeKind> runner, Servers servers)
    : ParityTests(runner, servers),
        IClassFixture<RunnerOf<TypeScriptNodeKind>>;

public sealed class TypeScriptChromiumTests(RunnerOf<TypeScriptChromiumKind> runner, Servers servers)
    : ParityTests(runner, servers),
        IClassFixture<RunnerOf<TypeScriptChromiumKind>>;
