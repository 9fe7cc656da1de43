using System.Diagnostics;
using System.Text.Json;

namespace Vibe.Server.Tests.Benchmarks;

/// <summary>The program that measures, as it is run by hand. How fast anything is, is not for tests to say.</summary>
public class LoadTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_quick_run_measures_both_sides_and_writes_what_it_found()
    {
        var file = Path.GetTempFileName();
        try
        {
            await RunAsync("run", "P1", "--quick", "--seconds", "0.05", "--engine", "sqlite", "--json", file);

            using var report = JsonDocument.Parse(await File.ReadAllTextAsync(file));
            var rows = report.RootElement.GetProperty("rows").EnumerateArray().ToArray();
            Assert.Equal(
                ["1 in flight", "32 in flight", "256 in flight"],
                rows.Select(row => row.GetProperty("case").GetString())
            );
            Assert.All(
                rows.SelectMany(row => new[] { row.GetProperty("vibe"), row.GetProperty("twin") }),
                side => Assert.True(Assert.Single(side.EnumerateArray()).GetProperty("perSecond").GetDouble() > 0)
            );
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task RunAsync(params string[] arguments)
    {
        var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'));
        var program = Path.Combine(Repository.Root, "artifacts/bin/Vibe.Load", configuration, "Vibe.Load.dll");
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
        }
        finally
        {
            // What it started ends with it.
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
