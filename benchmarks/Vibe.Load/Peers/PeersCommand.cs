using System.CommandLine;
using Grpc.Core;
using Npgsql;
using Vibe.Load.Generators;
using Vibe.Load.Reports;
using Vibe.Load.Servers;
using Vibe.Testing;

namespace Vibe.Load.Peers;

/// <summary><c>peers</c>: measures Vibe and other systems at the same work.</summary>
internal static class PeersCommand
{
    private const int Failed = 1;
    private const int Interrupted = 130;

    private static readonly TimeSpan Longest = TimeSpan.FromHours(2);

    private static readonly Argument<string[]> Names = new("PEER")
    {
        Description = $"{string.Join(", ", PeerList.All.Select(peer => peer.Name).Distinct())}; all unless given",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<Engine> Engine = new("--engine") { Description = "What Vibe's data is in" };

    private static readonly MeasuringOptions Measuring = new();

    public static Command Build()
    {
        var command = new Command("peers", "Measure Vibe and the systems that are here at the same work")
        {
            Names,
            Engine,
        };
        Measuring.AddTo(command);
        Names.Validators.Add(given =>
        {
            foreach (var name in given.Tokens.Where(token => PeerList.All.All(peer => peer.Name != token.Value)))
                given.AddError($"There is no peer '{name.Value}'.");
        });
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult given, CancellationToken interrupted)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(interrupted);
        cancellation.CancelAfter(Longest);
        var quick = Measuring.IsQuick(given);
        var options = new PeerOptions(
            Measuring.Runs(given),
            Measuring.Length(given),
            quick ? 500 : 10_000,
            quick ? [20] : [100, 1000]
        );
        var bench = new PeerBench(options, Console.Error.WriteLine, cancellation.Token);
        var names = given.GetValue(Names) ?? [];
        var chosen = PeerList.All.Where(peer => names.Length == 0 || names.Contains(peer.Name));
        var skipped = new List<string>();
        var ended = await MeasureAsync(
            bench,
            [PeerList.Vibe(given.GetValue(Engine)), .. chosen],
            skipped,
            cancellation.Token
        );
        var report = new PeerReport
        {
            At = DateTimeOffset.UtcNow,
            Machine = Machine.Here,
            Vibe = VibeSubject.Description,
            Command = MeasuringOptions.CommandOf(given),
            Runs = options.Runs,
            Seconds = options.Length.TotalSeconds,
            Rows = bench.Rows,
            Skipped = skipped,
        };
        report.Print();
        if (Measuring.Json(given) is { } json)
            await ReportFile.WriteAsync(report, json.FullName, CancellationToken.None);
        return ended;
    }

    private static async Task<int> MeasureAsync(
        PeerBench bench,
        IReadOnlyList<PeerEntry> entries,
        List<string> skipped,
        CancellationToken cancellation
    )
    {
        var ended = 0;
        foreach (var entry in entries)
            try
            {
                cancellation.ThrowIfCancellationRequested();
                await bench.MeasureAsync(entry);
            }
            catch (MissingPeerException exception)
            {
                skipped.Add($"{entry.Title}: {exception.Message}");
            }
            catch (Exception) when (cancellation.IsCancellationRequested)
            {
                Console.Error.WriteLine($"{entry.Title} was cut off.");
                skipped.Add($"{entry.Title}: it was cut off.");
                return Interrupted;
            }
            catch (Exception exception)
                when (exception
                        is LoadException
                            or RpcException
                            or NpgsqlException
                            or IOException
                            or HttpRequestException
                            or TimeoutException
                )
            {
                Console.Error.WriteLine($"{entry.Title}: {exception.Message}");
                skipped.Add($"{entry.Title}: it failed, so that figures are missing.");
                ended = Failed;
            }
        return ended;
    }
}
