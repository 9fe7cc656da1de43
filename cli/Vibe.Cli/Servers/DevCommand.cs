using System.CommandLine;
using Microsoft.Extensions.Hosting;
using Vibe.Cli.Pages;
using Vibe.Cli.Running;

namespace Vibe.Cli.Servers;

/// <summary><c>vibe dev</c>: migrates, starts, and says where.</summary>
internal static class DevCommand
{
    private static readonly Option<bool> Ephemeral = new("--ephemeral")
    {
        Description = "Use a temporary data folder and delete it at the end",
    };

    private static readonly Option<int?> Port = new("--port")
    {
        Description =
            "Answer gRPC here and the web on the next port; 0 takes free ones (else Vibe__GrpcAddress, Vibe__WebAddress)",
        HelpName = "N",
    };

    private static readonly Option<string?> Seed = new("--seed")
    {
        Description = "sandbox: two people, two apps, grants and a few documents",
        HelpName = "WHAT",
    };

    public static Command Build()
    {
        var command = new Command("dev", "Migrate and start a server for development, and print its addresses")
        {
            Ephemeral,
            Port,
            Seed.AcceptOnlyFromAmong("sandbox"),
        };
        command.Does(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var port = invocation.Get(Port);
        if (port is < 0 or >= ushort.MaxValue)
            throw CommandException.Usage($"--port {port} is none; expected 0 to {ushort.MaxValue - 1}.");
        using var folder = invocation.Get(Ephemeral) ? TemporaryFolder.Create() : null;
        var place = folder is null ? invocation.Place : invocation.Place with { Folder = folder.Path };
        if (folder is not null && place.Postgres is not null)
            invocation.Output.Say(
                "The folder is temporary, the PostgreSQL database is not: its keys are lost at the end."
            );
        var page = PageFiles.Read() is { } files ? new Page(files) : null;
        await using var server = LocalServer.Build(place, Environments.Development, port, page);
        MigrateCommand.Tell(await server.MigrateAsync(invocation.Cancellation), invocation.Output);
        await server.StartAsync(invocation.Cancellation);
        if (invocation.Get(Seed) is not null)
            await Sandbox.FillAsync(server, invocation.Cancellation);
        page?.Open(server.Web, server.Vault);
        ServeCommand.Tell(server, place, invocation.Output, await DescribeAsync(page, server, place, invocation));
        await server.WaitAsync(invocation.Cancellation);
        return ExitCode.Done;
    }

    private static async Task<string> DescribeAsync(Page? page, LocalServer server, Place place, Invocation invocation)
    {
        if (page is null)
            return "none: it is built where Node is installed, by tools/web";
        var people = await server.Vault.ListAsync(invocation.Cancellation);
        return people is [var first, ..]
            ? $"{page.AddressFor(first)}  ({first.DisplayName}; once, within 10 minutes)"
            : $"none, as there is no account yet: vibe account add NAME{place.Options}, then vibe dev again";
    }
}
