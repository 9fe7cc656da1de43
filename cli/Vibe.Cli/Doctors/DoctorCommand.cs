using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Vibe.Cli.Running;
using Vibe.Cli.Servers;
using Vibe.Identity;
using Vibe.Identity.Examinations;
using Vibe.Identity.Servers;
using Vibe.Storage;
using Vibe.Storage.Examinations;

namespace Vibe.Cli.Doctors;

/// <summary><c>vibe doctor</c>: finds what keeps a server from running, and changes nothing.</summary>
internal static class DoctorCommand
{
    private static readonly Option<string?> Token = new("--token")
    {
        Description = "Also tell whether this token is the server's; - reads it from stdin",
        HelpName = "FILE",
    };

    private static readonly Option<int?> Port = new("--port")
    {
        Description = "The port that 'vibe serve --port' would get",
        HelpName = "N",
    };

    private static readonly Option<long> MinFree = new("--min-free")
    {
        Description = "How much of the disk must be free, in MiB",
        HelpName = "MIB",
        DefaultValueFactory = _ => 512,
    };

    public static Command Build()
    {
        var command = new Command("doctor", "Find what keeps a server from running, and what helps; changes nothing")
        {
            Token,
            Port,
            MinFree,
        };
        command.Does(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var findings = await ExamineAsync(invocation).ToListAsync(invocation.Cancellation);
        if (invocation.Output.IsJson)
            foreach (var finding in findings)
                invocation.Output.Json(line =>
                {
                    line.WriteString("check", finding.Check);
                    line.WriteBoolean("ok", finding.IsWell);
                    line.WriteString("says", finding.Says);
                    if (finding.Remedy is not null)
                        line.WriteString("remedy", finding.Remedy);
                });
        else
            invocation.Output.Table(
                ["", "check", "", "what helps"],
                findings.Select(finding =>
                    new[] { finding.IsWell ? "ok" : "FAULT", finding.Check, finding.Says, finding.Remedy ?? "" }
                )
            );
        return findings.All(finding => finding.IsWell) ? ExitCode.Done : ExitCode.Failed;
    }

    private static async IAsyncEnumerable<Finding> ExamineAsync(Invocation invocation)
    {
        var cancellation = invocation.Cancellation;
        var place = invocation.Place;
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddEnvironmentVariables();
        builder.Configuration.AddInMemoryCollection(place.Settings);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddVibeStorage();
        new IdentityModule().AddServices(builder);
        using var host = builder.Build();

        var (grpc, web) = Addresses(invocation, builder.Configuration);
        var running = ServerFile.Read(place.Folder);
        yield return await PortExamination.RunAsync("gRPC port", grpc, running, cancellation);
        yield return await PortExamination.RunAsync("web port", web, running, cancellation);
        yield return DiskExamination.Run(place.Folder, invocation.Get(MinFree));
        foreach (var finding in await host.Services.GetRequiredService<StorageExamination>().RunAsync(cancellation))
            yield return finding;
        var keys = await host.Services.GetRequiredService<KeyExamination>().RunAsync(cancellation);
        yield return keys;
        if (invocation.Get(Token) is not { } file)
            yield break;
        var token = await (
            file == "-" ? Console.In.ReadToEndAsync(cancellation) : File.ReadAllTextAsync(file, cancellation)
        );
        yield return keys.IsWell
            ? await host.Services.GetRequiredService<TokenExamination>().RunAsync(token.Trim())
            : new Finding("token", "It cannot be told without the server's keys.", "See to the master key first.");
    }

    private static (string Grpc, string Web) Addresses(Invocation invocation, IConfiguration configuration)
    {
        if (invocation.Get(Port) is { } port)
            return ($"http://127.0.0.1:{port}", $"http://127.0.0.1:{port + 1}");
        var options = configuration.GetSection(ServerOptions.Section).Get<ServerOptions>() ?? new ServerOptions();
        return (options.GrpcAddress, options.WebAddress);
    }
}
