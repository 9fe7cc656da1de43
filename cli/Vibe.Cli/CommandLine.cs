using System.CommandLine;
using Vibe.Cli.Accounts;
using Vibe.Cli.Apps;
using Vibe.Cli.Completions;
using Vibe.Cli.Demos;
using Vibe.Cli.Doctors;
using Vibe.Cli.Documents;
using Vibe.Cli.Gateways;
using Vibe.Cli.Grants;
using Vibe.Cli.Imports;
using Vibe.Cli.Keys;
using Vibe.Cli.OpenApi;
using Vibe.Cli.Running;
using Vibe.Cli.Servers;
using Vibe.Cli.Tokens;

namespace Vibe.Cli;

/// <summary>The command <c>vibe</c> with everything that it can do.</summary>
internal static class CommandLine
{
    private const string Description = """
        Vibe keeps people's documents, and lets apps read, write and follow them by consent.

        Data goes to stdout, everything else to stderr; --json makes data one JSON value a line.
        Exit codes: 0 done; 1 refused or failed; 2 wrong usage; 3 server or storage not reached; 130 interrupted.
        Environment: VIBE_DATA, VIBE_POSTGRES, VIBE_SERVER, VIBE_TOKEN, NO_COLOR.
        """;

    public static RootCommand Build()
    {
        var root = new RootCommand(Description)
        {
            DemoCommand.Build(),
            DevCommand.Build(),
            ServeCommand.Build(),
            MigrateCommand.Build(),
            DoctorCommand.Build(),
            AccountCommand.Build(),
            KeysCommand.Build(),
            AppCommand.Build(),
            GrantCommand.Build(),
            TokenCommand.Build(),
            GetCommand.Build(),
            ListCommand.Build(),
            PutCommand.Build(),
            RemoveCommand.Build(),
            TailCommand.Build(),
            ImportCommand.Build(),
            GatewayCommand.Build(),
            OpenApiCommand.Build(),
        };
        root.Add(CompletionCommand.Build(root));
        foreach (var option in SharedOptions.All)
            root.Add(option);
        return root;
    }
}
