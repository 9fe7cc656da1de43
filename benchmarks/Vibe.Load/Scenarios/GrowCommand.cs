using System.CommandLine;
using Vibe.Testing;

namespace Vibe.Load.Scenarios;

/// <summary><c>grow</c>: measures how cost grows with size.</summary>
internal static class GrowCommand
{
    private static readonly Argument<string[]> Ids = new("SIZE")
    {
        Description = $"{string.Join(", ", Workloads.Growing.Select(each => each.Id))}; all unless given",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<Engine> Engine = new("--engine") { Description = "What the data is in" };

    private static readonly MeasuringOptions Measuring = new();

    private static readonly Option<int?> Largest = new("--largest")
    {
        Description = "The largest size; else a million documents, 10,000 followers, 10,000 spaces",
    };

    public static Command Build()
    {
        var command = new Command("grow", "Measure how cost grows with what is there, beside the twin")
        {
            Ids,
            Engine,
            Largest,
        };
        Measuring.AddTo(command);
        Ids.Validators.Add(given =>
        {
            foreach (var id in given.Tokens.Where(token => Workloads.Growing.All(each => each.Id != token.Value)))
                given.AddError($"Nothing grows by '{id.Value}'.");
        });
        command.Validators.Add(given =>
        {
            if (given.GetValue(Largest) is < 1)
                given.AddError("--largest is at least 1.");
        });
        command.SetAction(
            (given, interrupted) =>
            {
                var options = Measuring.ToBench(given, given.GetValue(Engine)) with
                {
                    Largest = given.GetValue(Largest) ?? int.MaxValue,
                };
                var ids = given.GetValue(Ids) ?? [];
                var chosen = Workloads.Growing.Where(each => ids.Length == 0 || ids.Contains(each.Id));
                return Suite.MeasureAsync(options, chosen, Measuring.Json(given), interrupted);
            }
        );
        return command;
    }
}
