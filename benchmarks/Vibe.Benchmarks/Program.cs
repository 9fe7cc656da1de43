using BenchmarkDotNet.Running;
using Vibe.Benchmarks;

const int Failed = 1;
const int WrongUsage = 2;

var isSmoke = args.Contains(Runs.Smoke);
var summaries = BenchmarkSwitcher
    .FromAssembly(typeof(Runs).Assembly)
    .Run([.. args.Where(argument => argument != Runs.Smoke)], Runs.Config(isSmoke))
    .ToList();
if (args.Any(argument => argument is "--help" or "--list" or "--version" or "--info"))
    return 0;
if (summaries.Count == 0)
    return WrongUsage;
return summaries.All(Runs.Succeeded) ? 0 : Failed;
