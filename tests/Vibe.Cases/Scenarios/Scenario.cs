using System.Text.Json.Nodes;
using Vibe.Testing;

namespace Vibe.Cases.Scenarios;

/// <summary>One scenario as its file says it.</summary>
internal sealed class Scenario
{
    /// <summary>Where all of them lie.</summary>
    public static readonly string Folder = Path.Combine(Checkout.Root, "tests", "cases");

    private static readonly TimeSpan UsualPatience = TimeSpan.FromSeconds(60);

    private static readonly string[] Members =
    [
        "about",
        "kind",
        "clock",
        "settings",
        "people",
        "apps",
        "clients",
        "server",
        "steps",
        "sabotage",
        "longest",
        "doors",
        "clientsOnly",
    ];

    private Scenario(string name, JsonObject file)
    {
        Name = name;
        Known.Only(file, Members, "a scenario");
        About = Known.Text(file, "about");
        IsScripted = Known.Text(file, "kind") switch
        {
            "live" => false,
            "scripted" => true,
            var kind => throw new ScenarioException($"'{kind}' is no kind of scenario."),
        };
        Clock = TimeSpan.FromSeconds(file["clock"]?.GetValue<double>() ?? 0);
        Settings = (file["settings"] as JsonObject ?? []).ToDictionary(
            setting => setting.Key,
            setting => setting.Value?.GetValue<string>()
        );
        People = [.. (file["people"] as JsonArray ?? ["alice"]).Select(person => person!.GetValue<string>())];
        Apps = file["apps"] as JsonObject ?? [];
        Clients = file["clients"] as JsonObject ?? new JsonObject { ["alice"] = new JsonObject() };
        Server = file["server"] as JsonObject ?? [];
        Steps =
        [
            .. (file["steps"] as JsonArray ?? throw new ScenarioException("A scenario has steps.")).Select(
                (step, index) => new Step(index + 1, step!.AsObject())
            ),
        ];
        Sabotage = [.. (file["sabotage"] as JsonArray ?? []).Select(fault => fault!.GetValue<string>())];
        Patience = file["longest"] is { } longest ? TimeSpan.FromSeconds(longest.GetValue<double>()) : UsualPatience;
        Doors = [.. (file["doors"] as JsonArray ?? []).Select(door => door!.GetValue<string>())];
        ClientsOnly = file["clientsOnly"]?.GetValue<string>();
        if (!IsScripted && Server.Count > 0)
            throw new ScenarioException("Only a scripted scenario says what the server does.");
        if (IsScripted && (Clock != TimeSpan.Zero || Settings.Count > 0))
            throw new ScenarioException("A scripted server has no clock and no settings.");
    }

    /// <summary>The file's path below the folder of all of them, without its ending.</summary>
    public string Name { get; }

    public string About { get; }

    public bool IsScripted { get; }

    /// <summary>By how much the server's clock is ahead of the clients'.</summary>
    public TimeSpan Clock { get; }

    /// <summary>How the server's configuration differs from that of others.</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; }

    public IReadOnlyList<string> People { get; }

    public JsonObject Apps { get; }

    public JsonObject Clients { get; }

    /// <summary>Whether clients are opened at servers that have one role each.</summary>
    public bool HasRoles => Clients.Any(client => client.Value!["at"] is not null);

    public JsonObject Server { get; }

    public IReadOnlyList<Step> Steps { get; }

    /// <summary>The faults that must turn it red.</summary>
    public IReadOnlyList<string> Sabotage { get; }

    /// <summary>How long an answer may take.</summary>
    public TimeSpan Patience { get; }

    /// <summary>The protocols whose doors it is about, where it is about the server's doors and not about clients.</summary>
    public IReadOnlyList<string> Doors { get; }

    /// <summary>Why it holds for clients and not for doors as well; null where it may hold for both.</summary>
    public string? ClientsOnly { get; }

    /// <summary>Reads all scenarios below a folder, in the order of their names.</summary>
    public static IReadOnlyList<Scenario> In(string folder) =>
        [
            .. Directory
                .EnumerateFiles(folder, "*.json", SearchOption.AllDirectories)
                .Select(file =>
                    Read(
                        Path.ChangeExtension(Path.GetRelativePath(folder, file), null).Replace('\\', '/'),
                        File.ReadAllText(file)
                    )
                )
                .OrderBy(scenario => scenario.Name, StringComparer.Ordinal),
        ];

    /// <summary>Reads a scenario.</summary>
    /// <exception cref="ScenarioException">It is none.</exception>
    public static Scenario Read(string name, string json)
    {
        try
        {
            return new Scenario(name, JsonNode.Parse(json)!.AsObject());
        }
        catch (Exception wrong) when (wrong is not ScenarioException)
        {
            throw new ScenarioException($"{name}: {wrong.Message}", wrong);
        }
        catch (ScenarioException wrong)
        {
            throw new ScenarioException($"{name}: {wrong.Message}", wrong);
        }
    }
}
