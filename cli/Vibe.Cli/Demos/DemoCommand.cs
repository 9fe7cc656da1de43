using System.CommandLine;
using Microsoft.Extensions.Hosting;
using Vibe.Cli.Running;
using Vibe.Cli.Servers;

namespace Vibe.Cli.Demos;

/// <summary><c>vibe demo</c>: the whole of Vibe once, on a server that lives as long as the command.</summary>
internal static class DemoCommand
{
    public static Command Build()
    {
        var command = new Command("demo", "Show in a few seconds what Vibe is, and leave nothing behind");
        command.Does(RunAsync);
        return command;
    }

    private static async Task RunAsync(Invocation invocation)
    {
        using var folder = TemporaryFolder.Create();
        var place = new Place(folder.Path, null, null);
        await using var server = LocalServer.Build(place, Environments.Development, 0);
        await server.MigrateAsync(invocation.Cancellation);
        await server.StartAsync(invocation.Cancellation);
        await new Demo(server, invocation.Output).RunAsync(DemoFilms.Find(), invocation.Cancellation);
    }
}
