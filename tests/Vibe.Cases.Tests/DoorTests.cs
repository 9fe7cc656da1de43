using Vibe.Cases.Playing;
using Vibe.Cases.Raw;
using Vibe.Cases.Runners;
using Vibe.Cases.Scenarios;
using Vibe.Cases.Worlds;
using Vibe.Testing;

namespace Vibe.Cases.Tests;

/// <summary>
/// Every scenario that is about the server holds at each of its doors, spoken without a client library. What a door does
/// otherwise is listed by name, and nothing else.
/// </summary>
public abstract class DoorTests(Doors doors)
{
    private static readonly Dictionary<string, Scenario> Scenarios = DoorScenarios.All.ToDictionary(
        scenario => scenario.Name,
        StringComparer.Ordinal
    );

    public static TheoryData<string, string> Cells =>
        [
            .. RawDoor.All.SelectMany(door =>
                DoorScenarios.At(door).Select(scenario => new TheoryDataRow<string, string>(door, scenario.Name))
            ),
        ];

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task The_scenario_holds(string door, string name)
    {
        var kind = $"{doors.Way}/{door}";
        var wrong = await Play.RunAsync(Scenarios[name], await doors.RunnerAsync(door), doors.Servers);

        if (Difference.Of(name, kind) is { } difference)
            wrong = difference.Judge(wrong);
        Assert.True(wrong is null, wrong);
    }
}

/// <summary>The servers at the end of one way, and a runner for each protocol.</summary>
public abstract class Doors : IAsyncLifetime
{
    private readonly Dictionary<string, Runner> _runners = [];
    private string? _missing;

    /// <summary>One of the ways to the servers.</summary>
    public abstract string Way { get; }

    internal LiveServers Servers { get; private set; } = null!;

    /// <summary>The runner of a protocol; skips the test, visibly, where the machine lacks something.</summary>
    internal async Task<Runner> RunnerAsync(string door)
    {
        if (_missing is not null)
            throw Missing.Exception(_missing);
        if (!_runners.TryGetValue(door, out var runner))
            _runners[door] = runner = await DoorKinds.StartAsync($"{Way}/{door}", Servers);
        return runner;
    }

    public async ValueTask InitializeAsync()
    {
        Servers = DoorKinds.ServersOf(Way);
        try
        {
            await Servers.SharedAsync();
        }
        catch (InvalidOperationException absent) when (Missing.ReasonOf(absent) is { } reason)
        {
            _missing = reason;
        }
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var runner in _runners.Values)
            await runner.DisposeAsync();
        await Servers.DisposeAsync();
    }
}

public sealed class DirectDoors : Doors
{
    public override string Way => "direct";
}

public sealed class EnvoyDoors : Doors
{
    public override string Way => "envoy";
}

public sealed class RoleDoors : Doors
{
    public override string Way => "roles";
}

/// <summary>One server, without anything before it.</summary>
public sealed class DirectDoorTests(DirectDoors doors) : DoorTests(doors), IClassFixture<DirectDoors>;

/// <summary>Two replicas on PostgreSQL with an Envoy in front of them.</summary>
public sealed class EnvoyDoorTests(EnvoyDoors doors) : DoorTests(doors), IClassFixture<EnvoyDoors>;

/// <summary>A process for each role, with an Envoy in front of them.</summary>
public sealed class RoleDoorTests(RoleDoors doors) : DoorTests(doors), IClassFixture<RoleDoors>;
