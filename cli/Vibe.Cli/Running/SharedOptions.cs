using System.CommandLine;

namespace Vibe.Cli.Running;

/// <summary>The options that mean the same wherever they are given.</summary>
internal static class SharedOptions
{
    public static Option<bool> Json { get; } =
        new("--json") { Description = "Write data as JSON, one value a line", Recursive = true };

    public static Option<string?> Data { get; } =
        new("--data")
        {
            Description = "The data folder (VIBE_DATA; .vibe unless given)",
            HelpName = "FOLDER",
            Recursive = true,
        };

    public static Option<string?> Postgres { get; } =
        new("--postgres")
        {
            Description = "Keep data in this PostgreSQL database instead of SQLite (VIBE_POSTGRES)",
            HelpName = "CONNECTION",
            Recursive = true,
        };

    public static Option<string?> Server { get; } =
        new("--server")
        {
            Description = "The server's gRPC address (VIBE_SERVER; else the one that runs on the data folder)",
            HelpName = "URL",
            Recursive = true,
        };

    public static Option<string?> Person { get; } =
        new("--as") { Description = "The person: display name, id or DID", HelpName = "PERSON" };

    public static Option<string?> App { get; } =
        new("--app") { Description = "Act as this app, by the person's grant to it", HelpName = "APP" };

    public static IReadOnlyList<Option> All { get; } = [Json, Data, Postgres, Server];
}
