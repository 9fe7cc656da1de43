using System.CommandLine;
using Microsoft.Extensions.Hosting;
using Vibe.Cli.Running;
using Vibe.Storage;

namespace Vibe.Cli.Servers;

/// <summary><c>vibe migrate</c>: brings the database to this version.</summary>
internal static class MigrateCommand
{
    public static Command Build()
    {
        var command = new Command("migrate", "Bring the database to this version, after a backup where it is a file");
        command.Does(RunAsync);
        return command;
    }

    /// <summary>Says what was applied, and where the backup is.</summary>
    public static void Tell(Migrations.Outcome outcome, Output output)
    {
        foreach (var migration in outcome.Applied)
            output.Say($"applied {migration}");
        if (outcome.Backup is not null)
            output.Say($"backup before it: {outcome.Backup}");
    }

    private static async Task RunAsync(Invocation invocation)
    {
        await using var server = LocalServer.Build(invocation.Place, Environments.Production, null);
        var outcome = await server.MigrateAsync(invocation.Cancellation);
        if (!invocation.Output.IsJson)
        {
            foreach (var migration in outcome.Applied)
                invocation.Output.Line($"applied {migration}");
            invocation.Output.Line(
                outcome switch
                {
                    { Applied: [] } => "nothing to do",
                    { Backup: { } backup } => $"backup before it: {backup}",
                    _ => "no backup was made",
                }
            );
            return;
        }
        invocation.Output.Json(line =>
        {
            line.WriteStartArray("applied");
            foreach (var migration in outcome.Applied)
                line.WriteStringValue(migration);
            line.WriteEndArray();
            line.WriteString("backup", outcome.Backup);
        });
    }
}
