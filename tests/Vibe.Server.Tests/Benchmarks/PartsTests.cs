namespace Vibe.Server.Tests.Benchmarks;

/// <summary>The benchmarks of the parts, as they are run by hand. How fast anything is, is not for tests to say.</summary>
public class PartsTests
{
    [Fact]
    public async Task Each_benchmark_runs_and_does_what_it_measures()
    {
        var artifacts = Directory.CreateTempSubdirectory("vibe-test-").FullName;
        try
        {
            var output = await MeasuringProgram.RunAsync(
                "Vibe.Benchmarks",
                "--filter",
                "*",
                "--smoke",
                "--artifacts",
                artifacts
            );

            // Each report names its class.
            var measured = Directory
                .GetFiles(artifacts, "*-report.csv", SearchOption.AllDirectories)
                .Select(file => Path.GetFileName(file).Replace("-report.csv", "", StringComparison.Ordinal));
            var written = Repository
                .Files("benchmarks/Vibe.Benchmarks", "*Benchmarks.cs")
                .Select(file => $"Vibe.Benchmarks.{Path.GetFileNameWithoutExtension(file)}");
            Assert.True(written.Order().SequenceEqual(measured.Order()), output);
        }
        finally
        {
            Directory.Delete(artifacts, recursive: true);
        }
    }
}
