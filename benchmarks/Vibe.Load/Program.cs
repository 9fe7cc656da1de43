using System.CommandLine;
using Vibe.Load.Clients;
using Vibe.Load.Peers;
using Vibe.Load.Publishing;
using Vibe.Load.Reports;
using Vibe.Load.Scenarios;
using Vibe.Load.Twin;

const int WrongUsage = 2;

var root = new RootCommand("Measures Vibe against the least that does the same job, on this machine, in one run")
{
    RunCommand.Build(),
    GrowCommand.Build(),
    ClientCommand.Build(),
    TwinCommand.Build(),
    CompareCommand.Build(),
    PeersCommand.Build(),
    ClientsCommand.Build(),
    DocumentCommand.Build(),
};
var given = root.Parse(args);

// Whoever interrupts a run wants its servers and its data gone too.
var ended = await given.InvokeAsync(new() { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
return given.Errors.Count > 0 ? WrongUsage : ended;
