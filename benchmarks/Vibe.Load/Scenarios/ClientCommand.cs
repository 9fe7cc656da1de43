using System.CommandLine;
using Vibe.Testing;

namespace Vibe.Load.Scenarios;

/// <summary><c>client</c>: measures the client of C#.</summary>
internal static class ClientCommand
{
    private static readonly Option<Engine> Engine = new("--engine") { Description = "What the data is in" };

    private static readonly MeasuringOptions Measuring = new();

    public static Command Build()
    {
        var command = new Command("client", "Measure creates by one client of C#, beside creates that share nothing")
        {
            Engine,
        };
        Measuring.AddTo(command);
        command.SetAction(
            (given, interrupted) =>
                Suite.MeasureAsync(
                    Measuring.ToBench(given, given.GetValue(Engine)),
                    [Workloads.OfClient],
                    Measuring.Json(given),
                    interrupted
                )
        );
        return command;
    }
}
