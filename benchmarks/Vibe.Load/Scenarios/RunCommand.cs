using System.CommandLine;
using Vibe.Load.Generators;
using Vibe.Testing;

namespace Vibe.Load.Scenarios;

/// <summary><c>run</c>: measures workloads.</summary>
internal static class RunCommand
{
    private static readonly Argument<string[]> Ids = new("WORKLOAD")
    {
        Description = "P1 to P14; all that can be measured unless given",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<Engine> Engine = new("--engine")
    {
        Description = "What the data is in; with --address, what the twin's is in",
    };

    private static readonly MeasuringOptions Measuring = new();

    private static readonly Option<string?> Address = new("--address")
    {
        Description = "Measure the Vibe that runs at this gRPC address instead of one of this build",
        HelpName = "URL",
    };

    private static readonly Option<FileInfo?> Tokens = new("--tokens")
    {
        Description = "What to call it with: a token a line, each of an app that may read and create in 'load'",
        HelpName = "FILE",
    };

    public static Command Build()
    {
        var command = new Command("run", "Measure Vibe and its twin by turns") { Ids, Engine, Address, Tokens };
        Measuring.AddTo(command);
        Ids.Validators.Add(given =>
        {
            foreach (var id in given.Tokens.Where(token => !Workloads.All.Contains(Workloads.Find(token.Value))))
                given.AddError($"There is no workload '{id.Value}'.");
        });
        command.Validators.Add(given =>
        {
            if (given.GetValue(Address) is { } address && !Uri.TryCreate(address, UriKind.Absolute, out _))
                given.AddError($"'{address}' is no address; expected 'http://HOST:PORT'.");
            if (given.GetValue(Address) is null != given.GetValue(Tokens) is null)
                given.AddError("--address and --tokens go together.");
            if (given.GetValue(Tokens) is { } tokens && (!tokens.Exists || TokensIn(tokens).Length == 0))
                given.AddError($"There is no token in {tokens}.");
        });
        command.SetAction(RunAsync);
        return command;
    }

    private static Task<int> RunAsync(ParseResult given, CancellationToken interrupted)
    {
        var options = Measuring.ToBench(given, given.GetValue(Engine)) with
        {
            Address = given.GetValue(Address) is { } address ? new Uri(address) : null,
            Tokens = given.GetValue(Tokens) is { } file ? TokensIn(file) : [],
        };
        if (H2Load.Find() is null)
            Console.Error.WriteLine("h2load is not installed: the generator of .NET drives, and is the limit itself.");
        var ids = given.GetValue(Ids) ?? [];
        var chosen = ids.Length > 0 ? ids.Select(id => Workloads.Find(id)!) : Workloads.All;
        return Suite.MeasureAsync(options, chosen, Measuring.Json(given), interrupted);
    }

    private static string[] TokensIn(FileInfo file) =>
        [.. File.ReadLines(file.FullName).Select(line => line.Trim()).Where(line => line.Length > 0)];
}
