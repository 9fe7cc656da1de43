using System.CommandLine;
using Vibe.Testing;

namespace Vibe.Load.Twin;

/// <summary><c>twin</c>: serves the twin until it is stopped.</summary>
internal static class TwinCommand
{
    private static readonly Option<Engine> Engine = new("--engine") { Description = "What it keeps its table in" };

    private static readonly Option<string> Address = new("--address")
    {
        Description = "Where it listens",
        HelpName = "URL",
        DefaultValueFactory = _ => "http://127.0.0.1:7090",
    };

    private static readonly Option<string?> Database = new("--database")
    {
        Description = "The file that it makes, or the connection string of an empty database",
        HelpName = "FILE|CONNECTION",
    };

    private static readonly Option<bool> Empty = new("--empty") { Description = "Answer, and do nothing else" };

    public static Command Build()
    {
        var command = new Command("twin", "Serve the twin: the same job with nothing of Vibe in it")
        {
            Engine,
            Address,
            Database,
            Empty,
        };
        command.Validators.Add(given =>
        {
            if (given.GetValue(Empty) == given.GetValue(Database) is not null)
                given.AddError("Either --database or --empty is given.");
        });
        command.SetAction(
            async (given, cancellation) =>
            {
                var address = new Uri(given.GetRequiredValue(Address));
                if (given.GetValue(Database) is not { } database)
                {
                    await EmptyServer.ServeAsync(address, cancellation);
                    return;
                }
                Table table =
                    given.GetValue(Engine) == Testing.Engine.Sqlite
                        ? new SqliteTable(database)
                        : new PostgresTable(database);
                await TwinServer.ServeAsync(address, table, cancellation);
            }
        );
        return command;
    }
}
