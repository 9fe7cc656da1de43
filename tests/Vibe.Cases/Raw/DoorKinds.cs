using Vibe.Cases.Runners;
using Vibe.Cases.Worlds;

namespace Vibe.Cases.Raw;

/// <summary>The doors, each in process, through Envoy with two replicas, and through Envoy with a process for each role.</summary>
internal static class DoorKinds
{
    /// <summary>Ways to the servers.</summary>
    public static readonly IReadOnlyList<string> Ways = ["direct", "envoy", "roles"];

    /// <summary>All of them, such as <c>envoy/rest</c>.</summary>
    public static IReadOnlyList<string> All { get; } =
    [.. Ways.SelectMany(way => RawDoor.All.Select(door => $"{way}/{door}"))];

    /// <summary>The protocol of a kind.</summary>
    public static string DoorOf(string kind) => kind[(kind.IndexOf('/', StringComparison.Ordinal) + 1)..];

    /// <summary>The way of a kind.</summary>
    public static string WayOf(string kind) => kind[..kind.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>The servers at the end of a way.</summary>
    public static LiveServers ServersOf(string way) =>
        way == "direct" ? new LiveServers() : new GatewayServers(isByRole: way == "roles");

    /// <summary>Starts a runner that speaks the protocol of a kind.</summary>
    public static async Task<Runner> StartAsync(string kind, LiveServers servers)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Vibe.Cases.dll");
        string[] authority = servers is GatewayServers gateway ? [await gateway.AuthorityAsync()] : [];
        return await Runner.StartAsync(kind, "dotnet", [program, "runner", DoorOf(kind), .. authority]);
    }
}
