using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Vibe.Benchmarks;

/// <summary>How benchmarks are run.</summary>
internal static class Runs
{
    /// <summary>Runs each once, to see that it works; the figures say nothing.</summary>
    public const string Smoke = "--smoke";

    // A program that BenchmarkDotNet makes for the run would build the whole server once more, on a busy machine longer than
    // it waits for a build. In this process nothing is built, and the garbage collector is the server's.
    private static readonly Job InThisProcess = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).AsMutator();

    public static IConfig Config(bool isSmoke)
    {
        var config = DefaultConfig
            .Instance.AddJob(InThisProcess)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .WithArtifactsPath(Path.GetFullPath("../../../benchmarks", AppContext.BaseDirectory))
            .WithOption(ConfigOptions.StopOnFirstError, isSmoke);
        return isSmoke ? config.AddJob(Job.Dry).WithOption(ConfigOptions.DisableOptimizationsValidator, true) : config;
    }

    /// <summary>Whether every benchmark of a class could be measured.</summary>
    public static bool Succeeded(Summary summary) =>
        !summary.HasCriticalValidationErrors
        && summary.Reports.Length > 0
        && summary.Reports.All(report => report.Success);
}
