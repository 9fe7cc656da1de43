using System.CommandLine;
using Vibe.Proof.Mutants;
using Vibe.Proof.NewEnemy;
using Vibe.Proof.Runs;
using Vibe.Proof.StoredTruth;
using Vibe.Testing;

// Runs the proofs in full, and shows that each finds the rules that are taken out of the server.
var root = new RootCommand(
    "Proves the server's promises over random histories, and that the proof would find a broken one."
);
var engine = new Option<Engine[]>("--engine")
{
    Description = "The engines to run on.",
    DefaultValueFactory = _ => [Engine.Sqlite, Engine.Postgres],
    AllowMultipleArgumentsPerToken = true,
};
var histories = new Option<int>("--histories") { DefaultValueFactory = _ => 1000, Description = "How many histories." };
var seed = new Option<int>("--seed")
{
    DefaultValueFactory = _ => 20261124,
    Description = "The seed of the first one.",
};
var minutes = new Option<double>("--minutes")
{
    DefaultValueFactory = _ => 360,
    Description = "After how many minutes no further history is begun.",
};
var atOnce = new Option<int?>("--at-once")
{
    Description = "How many histories run side by side; as many as the proof likes best without it.",
};
var envoy = new Option<bool>("--envoy") { Description = "Whether the watcher comes through an Envoy." };
foreach (var (name, start) in Proofs.All)
{
    var command = new Command(name, $"Runs the proof {name}.") { engine, histories, seed, minutes, atOnce };
    if (name == Proofs.TwoWorlds)
        command.Add(envoy);
    command.SetAction(async arguments =>
    {
        var failed = 0;
        foreach (var each in arguments.GetRequiredValue(engine))
        {
            var order = new Order(each, arguments.GetRequiredValue(histories), arguments.GetRequiredValue(seed))
            {
                Limit = TimeSpan.FromMinutes(arguments.GetRequiredValue(minutes)),
                AtOnce = arguments.GetValue(atOnce),
                IsThroughEnvoy = arguments.GetValue(envoy),
            };
            var report = await ProofRun.RunAsync(name, start, order, Printing.Progress);
            Printing.Print(report);
            failed += report.Violation is null ? 0 : 1;
        }
        return failed == 0 ? 0 : 1;
    });
    root.Add(command);
}

var only = new Option<string[]>("--only")
{
    Description = "The mutants to run; all without it.",
    AllowMultipleArgumentsPerToken = true,
};
var kills = new Command("kills", "Takes each rule out in turn; the proof must find every one.")
{
    engine,
    histories,
    seed,
    minutes,
    only,
};
kills.SetAction(async arguments =>
{
    var names = arguments.GetValue(only) ?? [];
    var mutants = Mutant
        .All(Path.Combine(AppContext.BaseDirectory, "Mutants"))
        .Where(mutant => names.Length == 0 || names.Contains(mutant.Name) || names.Contains(mutant.Proof));
    var done = new List<Kill>();
    foreach (var mutant in mutants)
    {
        foreach (var each in arguments.GetRequiredValue(engine))
        {
            var order = new Order(each, arguments.GetRequiredValue(histories), arguments.GetRequiredValue(seed))
            {
                Limit = TimeSpan.FromMinutes(arguments.GetRequiredValue(minutes)),
            };
            var kill = await Kills.RunAsync(mutant, order);
            Printing.Print(kill);
            done.Add(kill);
        }
    }
    Printing.Print(done);
    return done.Count > 0 && done.All(kill => kill.IsKilled) ? 0 : 1;
});
root.Add(kills);

var source = new Argument<DirectoryInfo>("source") { Description = "The folder of the whole source." };
var target = new Argument<DirectoryInfo>("target") { Description = "The folder to write changed files to." };
var weave = new Command("weave", "Writes the server's source with its mutants as switches.") { source, target };
weave.SetAction(arguments =>
{
    var from = arguments.GetRequiredValue(source).FullName;
    var all = Path.Combine(from, "tests/Vibe.Proof/Mutants");
    var (mutants, pauses, points) = (Mutant.All(all), Mutant.Pauses(all), KillPoint.All(all));
    Weaving.Write(from, arguments.GetRequiredValue(target).FullName, [.. mutants, .. pauses], points);
    Console.WriteLine($"{mutants.Count} mutants, {pauses.Count} pauses and {points.Count} points woven");
});
root.Add(weave);

var folder = new Argument<string>("folder") { Description = "The folder of the data." };
var postgres = new Argument<string?>("postgres")
{
    Description = "The PostgreSQL database.",
    Arity = ArgumentArity.ZeroOrOne,
};
var serve = new Command("serve", "Serves data until its parent is gone, for proofs that kill servers.")
{
    folder,
    postgres,
};
serve.SetAction(arguments => ChildServer.RunAsync(arguments.GetRequiredValue(folder), arguments.GetValue(postgres)));
root.Add(serve);

var replica = new Command("replica", "Runs a server of this build, upset on purpose, until its input ends.")
{
    Hidden = true,
};
replica.SetAction(_ => SecondServer.RunAsync());
root.Add(replica);
return await root.Parse(args).InvokeAsync();
