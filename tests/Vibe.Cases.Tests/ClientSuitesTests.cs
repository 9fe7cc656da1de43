using System.Diagnostics;

namespace Vibe.Cases.Tests;

/// <summary>Compilers want all processors: these run alone, after the scenarios.</summary>
[CollectionDefinition(nameof(ClientSuites), DisableParallelization = true)]
public sealed class ClientSuites;

/// <summary>Each client, and the page, passes its own format, lint, types and tests, and its package builds.</summary>
[Collection(nameof(ClientSuites))]
public sealed class ClientSuitesTests
{
    // What tools/client-tests ends with where a machine lacks something.
    private const int Missing = 69;

    [Theory]
    [InlineData("python")]
    [InlineData("rust")]
    [InlineData("typescript")]
    [InlineData("page")]
    public async Task It_passes_its_own_checks(string part)
    {
        using var run = Process.Start(
            new ProcessStartInfo("bash", [Path.Combine(Checkout.Root, "tools", "client-tests"), part])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        run.StandardInput.Close();
        var errors = run.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await run.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);

        var isRequired = Environment.GetEnvironmentVariable("VIBE_REQUIRE_ALL") == "1";
        Assert.SkipWhen(run.ExitCode == Missing && !isRequired, await errors);
        Assert.True(run.ExitCode == 0, $"{output}\n{await errors}");
    }
}
