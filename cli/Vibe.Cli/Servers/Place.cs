using System.CommandLine;
using Vibe.Cli.Running;

namespace Vibe.Cli.Servers;

/// <summary>Where the data is: a folder, and a PostgreSQL database where one is named.</summary>
internal sealed record Place(string Folder, string? Postgres, string? Server)
{
    private const string DefaultFolder = ".vibe";

    public static Place Of(ParseResult given) =>
        new(
            Path.GetFullPath(
                given.GetValue(SharedOptions.Data)
                    ?? Environment.GetEnvironmentVariable("VIBE_DATA")
                    ?? Environment.GetEnvironmentVariable("Vibe__Storage__Folder")
                    ?? DefaultFolder
            ),
            given.GetValue(SharedOptions.Postgres)
                ?? Environment.GetEnvironmentVariable("VIBE_POSTGRES")
                ?? Environment.GetEnvironmentVariable("Vibe__Storage__Postgres"),
            given.GetValue(SharedOptions.Server) ?? Environment.GetEnvironmentVariable("VIBE_SERVER")
        );

    /// <summary>The options that lead a command here, as part of a command line.</summary>
    public string Options => Folder == Path.GetFullPath(DefaultFolder) ? "" : $" --data {Folder}";

    public Dictionary<string, string?> Settings =>
        new() { ["Vibe:Storage:Folder"] = Folder, ["Vibe:Storage:Postgres"] = Postgres };
}
