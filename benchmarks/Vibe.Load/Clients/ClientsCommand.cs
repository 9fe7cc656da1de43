using System.CommandLine;
using Vibe.Load.Scenarios;
using Vibe.Testing;

namespace Vibe.Load.Clients;

/// <summary><c>clients</c>: measures what a client costs beside the code that is generated for its language.</summary>
internal static class ClientsCommand
{
    private static readonly Argument<string[]> Languages = new("LANGUAGE")
    {
        Description = $"{string.Join(", ", Workloads.Clients.Select(each => each.Id))}; all unless given",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<Engine> Engine = new("--engine") { Description = "What the server's data is in" };

    private static readonly MeasuringOptions Measuring = new();

    public static Command Build()
    {
        var command = new Command(
            "clients",
            "Measure the clients beside the code that is generated for their languages"
        )
        {
            Languages,
            Engine,
        };
        Measuring.AddTo(command);
        Languages.Validators.Add(given =>
        {
            foreach (var name in given.Tokens.Where(token => Workloads.Clients.All(each => each.Id != token.Value)))
                given.AddError($"There is no client '{name.Value}'.");
        });
        command.SetAction(
            (given, interrupted) =>
            {
                var ids = given.GetValue(Languages) ?? [];
                return Suite.MeasureAsync(
                    Measuring.ToBench(given, given.GetValue(Engine)),
                    Workloads.Clients.Where(each => ids.Length == 0 || ids.Contains(each.Id)),
                    Measuring.Json(given),
                    interrupted
                );
            }
        );
        return command;
    }
}
