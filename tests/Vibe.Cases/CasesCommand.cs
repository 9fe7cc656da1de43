using System.CommandLine;
using Vibe.Cases.Playing;
using Vibe.Cases.Runners;
using Vibe.Cases.Scenarios;
using Vibe.Cases.Trials;
using Vibe.Cases.Worlds;

namespace Vibe.Cases;

/// <summary>Plays scenarios with the runners of all languages, or some, and writes the table of parity.</summary>
internal static class CasesCommand
{
    private static readonly Argument<string[]> Which = new("WHICH")
    {
        Description = "Runners, and beginnings of names of scenarios; all unless given",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<FileInfo?> Into = new("--into")
    {
        Description = "Write the table of parity here",
        HelpName = "FILE",
    };

    private static readonly Option<bool> Sabotage = new("--sabotage")
    {
        Description = "Spoil what the server says, and expect every scenario that lists the fault to fail",
    };

    public static RootCommand Build()
    {
        var command = new RootCommand("Play scenarios that every client passes") { Which, Into, Sabotage };
        command.SetAction(
            (parsed, _) => RunAsync(parsed.GetValue(Which) ?? [], parsed.GetValue(Sabotage), parsed.GetValue(Into))
        );
        command.Add(Follow());
        command.Add(Revocation());
        return command;
    }

    private static Command Follow()
    {
        var records = new Argument<FileInfo>("FILE") { Description = "JSON Lines" };
        var kills = new Option<int>("--kills") { DefaultValueFactory = _ => 3 };
        var seed = new Option<int>("--seed") { DefaultValueFactory = _ => 1 };
        var kinds = Kinds();
        var command = new Command("follow", "Let all clients follow an import while the server is killed")
        {
            records,
            kinds,
            kills,
            seed,
        };
        command.SetAction(
            async (parsed, _) =>
                Tell(
                    await ImportTrial.RunAsync(
                        parsed.GetValue(kinds)!,
                        parsed.GetValue(records)!.FullName,
                        parsed.GetValue(kills),
                        parsed.GetValue(seed),
                        Console.WriteLine
                    )
                )
        );
        return command;
    }

    private static Command Revocation()
    {
        var kinds = Kinds();
        var times = new Option<int>("--times") { DefaultValueFactory = _ => 100 };
        var command = new Command("revocation", "Measure how soon the feeds of an app end with its grant")
        {
            kinds,
            times,
        };
        command.SetAction(
            async (parsed, _) =>
                Tell(await RevocationTrial.RunAsync(parsed.GetValue(kinds)!, parsed.GetValue(times), Console.WriteLine))
        );
        return command;
    }

    private static Argument<string[]> Kinds() =>
        new("RUNNER") { Description = "Runners; all unless given", DefaultValueFactory = _ => [.. RunnerKinds.All] };

    private static int Tell(string? wrong)
    {
        Console.WriteLine(wrong ?? "all is well");
        return wrong is null ? 0 : 1;
    }

    private static async Task<int> RunAsync(string[] which, bool isSabotaged, FileInfo? into)
    {
        var kinds = RunnerKinds.All.Where(which.Contains).ToList();
        if (kinds.Count == 0)
            kinds = [.. RunnerKinds.All];
        var beginnings = which.Except(RunnerKinds.All).ToList();
        var scenarios = Scenario
            .In(Checkout.Scenarios)
            .Where(scenario =>
                beginnings.Count == 0
                || beginnings.Any(begin => scenario.Name.StartsWith(begin, StringComparison.Ordinal))
            )
            .ToList();

        var matrix = new Matrix(kinds);
        await using (var servers = new LiveServers())
            foreach (var kind in kinds)
                await matrix.PlayAsync(
                    kind,
                    scenarios,
                    servers,
                    isSabotaged,
                    (name, of, wrong) =>
                        Console.WriteLine(wrong is null ? $"{of}: {name}" : $"{of}: {name} FAILED: {wrong}")
                );
        if (into is not null)
            await File.WriteAllTextAsync(into.FullName, matrix.ToMarkdown());
        var (played, failed) = matrix.Count;
        Console.WriteLine($"{played} played, {failed} failed");
        return failed == 0 && played > 0 ? 0 : 1;
    }
}
