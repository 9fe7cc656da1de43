using System.CommandLine;
using Grpc.Core;
using Vibe.Load.Generators;
using Vibe.Load.Reports;
using Vibe.Testing;

namespace Vibe.Load.Scenarios;

/// <summary><c>run</c>: measures workloads.</summary>
internal static class RunCommand
{
    private const int Failed = 1;
    private const int Interrupted = 130;

    // Tokens, disks and patience all end; so does a run that hangs.
    private static readonly TimeSpan Longest = TimeSpan.FromHours(2);

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
            foreach (var id in given.Tokens.Where(token => Workloads.Find(token.Value) is null))
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

    private static async Task<int> RunAsync(ParseResult given, CancellationToken interrupted)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(interrupted);
        cancellation.CancelAfter(Longest);
        var options = new BenchOptions
        {
            Engine = given.GetValue(Engine),
            Runs = Measuring.Runs(given),
            IsQuick = Measuring.IsQuick(given),
            Length = Measuring.Length(given),
            Address = given.GetValue(Address) is { } address ? new Uri(address) : null,
            Tokens = given.GetValue(Tokens) is { } file ? TokensIn(file) : [],
        };
        var bench = new Bench(options, Console.Error.WriteLine, cancellation.Token);
        if (bench.Repeating is not H2Load)
            Console.Error.WriteLine("h2load is not installed: the generator of .NET drives, and is the limit itself.");
        var ended = await MeasureAsync(bench, given.GetValue(Ids) ?? []);
        var report = Report.Of(options, bench);
        Table.Print(report);
        if (Measuring.Json(given) is { } json)
            await ReportFile.WriteAsync(report, json.FullName, CancellationToken.None);
        return ended;
    }

    private static async Task<int> MeasureAsync(Bench bench, string[] ids)
    {
        var ended = 0;
        var chosen = ids.Length > 0 ? ids.Select(id => Workloads.Find(id)!) : Workloads.All;
        foreach (var workload in chosen)
        {
            if (workload.Measure is null)
            {
                Console.Error.WriteLine($"{workload.Id} ({workload.What}) comes with {workload.Comes}.");
                continue;
            }
            try
            {
                bench.Cancellation.ThrowIfCancellationRequested();
                await workload.Measure(bench);
            }
            catch (Exception) when (bench.Cancellation.IsCancellationRequested)
            {
                Console.Error.WriteLine($"{workload.Id} was cut off.");
                return Interrupted;
            }
            catch (Exception exception) when (exception is LoadException or RpcException)
            {
                Console.Error.WriteLine($"{workload.Id}: {exception.Message}");
                ended = Failed;
            }
        }
        return ended;
    }

    private static string[] TokensIn(FileInfo file) =>
        [.. File.ReadLines(file.FullName).Select(line => line.Trim()).Where(line => line.Length > 0)];
}
