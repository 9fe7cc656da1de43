using System.CommandLine;
using Microsoft.Extensions.Hosting;
using Vibe.Cli.Running;

namespace Vibe.Cli.Servers;

/// <summary><c>vibe serve</c>: starts a server that is ready, and changes nothing before.</summary>
internal static class ServeCommand
{
    private static readonly Option<int?> Port = new("--port")
    {
        Description = "Answer gRPC here and the web on the next port (else Vibe__GrpcAddress, Vibe__WebAddress)",
        HelpName = "N",
    };

    public static Command Build()
    {
        var command = new Command("serve", "Start a server on a database that is migrated") { Port };
        command.Does(RunAsync);
        return command;
    }

    /// <summary>Says where the server answers.</summary>
    /// <param name="page">What is said of the page, to people alone: the line of JSON holds nothing secret.</param>
    public static void Tell(LocalServer server, Place place, Output output, string? page = null)
    {
        var (grpc, web) = (server.Grpc.ToString().TrimEnd('/'), server.Web.ToString().TrimEnd('/'));
        if (output.IsJson)
            output.Json(line =>
            {
                line.WriteString("grpc", grpc);
                line.WriteString("web", web);
                line.WriteString("data", place.Folder);
            });
        else
        {
            output.Line($"gRPC            {grpc}");
            output.Line($"gRPC-web, REST  {web}");
            output.Line($"data            {place.Folder}");
            if (page is not null)
                output.Line($"page            {page}");
        }
        output.Flush();
        output.Say("The server runs. Ctrl-C stops it.");
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var environment = Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") ?? Environments.Production;
        await using var server = LocalServer.Build(invocation.Place, environment, invocation.Get(Port));
        await server.StartAsync(invocation.Cancellation);
        Tell(server, invocation.Place, invocation.Output);
        await server.WaitAsync(invocation.Cancellation);
        return ExitCode.Done;
    }
}
