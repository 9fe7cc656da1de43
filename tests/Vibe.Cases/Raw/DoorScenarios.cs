using Vibe.Cases.Scenarios;

namespace Vibe.Cases.Raw;

/// <summary>Which scenarios are about the server's doors, and which are about what a client does beyond them.</summary>
internal static class DoorScenarios
{
    // A door has nobody behind it who opens a line again.
    private static readonly string[] OfLines = ["cut", "refuse", "accept", "stall", "flow", "kill", "start", "stop"];

    private static readonly string[] OfClients = ["tokensAsked", "id", "pointer", "raw", "close"];

    /// <summary>All of them, in the order of their names.</summary>
    public static IReadOnlyList<Scenario> All { get; } = Scenario.In(Scenario.Folder);

    /// <summary>Those that a door has to hold.</summary>
    public static IEnumerable<Scenario> At(string door) => All.Where(scenario => NotAt(door, scenario) is null);

    /// <summary>Why a scenario says nothing about a door; null where it does.</summary>
    public static string? NotAt(string door, Scenario scenario)
    {
        if (scenario.Doors.Count > 0)
            return scenario.Doors.Contains(door) ? null : "it is about another protocol";
        if (scenario.ClientsOnly is { } why)
            return why;
        if (scenario.IsScripted)
            return "the server is a script";
        if (scenario.Clock != TimeSpan.Zero)
            return "it is about the clocks of clients";
        if (scenario.Settings.Count > 0)
            return "it needs a server with settings of its own";
        if (scenario.Steps.Any(step => OfLines.Contains(step.Surroundings)))
            return "it is about how clients come back";
        if (scenario.Steps.Any(step => OfClients.Contains(step.Does) || step.Outcome == "misuse"))
            return "it is about what clients do without the server";
        if (scenario.Clients.Any(client => client.Value!["tokens"] is not null))
            return "it is about how clients get tokens";
        return null;
    }
}
