using System.Diagnostics;

namespace Vibe.Server.Tests.Benchmarks;

/// <summary>A program that measures, of the build that is tested, run as by hand.</summary>
internal static class MeasuringProgram
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Runs it to its end, which must be a good one, and gives what it wrote.</summary>
    public static async Task<string> RunAsync(string name, params string[] arguments)
    {
        var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'));
        var program = Path.Combine(Repository.Root, "artifacts/bin", name, configuration, $"{name}.dll");
        using var process = Process.Start(
            new ProcessStartInfo("dotnet", [program, .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync().WaitAsync(Patience);
            Assert.True(process.ExitCode == 0, $"{await output}{await errors}");
            return await output;
        }
        finally
        {
            // What it started ends with it.
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
