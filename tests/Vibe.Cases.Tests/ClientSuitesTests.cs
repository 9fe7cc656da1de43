using Vibe.Testing;

namespace Vibe.Cases.Tests;

/// <summary>Compilers want all processors: these run alone, after the scenarios.</summary>
[CollectionDefinition(nameof(ClientSuites), DisableParallelization = true)]
public sealed class ClientSuites;

/// <summary>
/// Each client, and the page, passes its own format, lint, types and tests, and its package builds; what speaks without a
/// client is well formatted.
/// </summary>
[Collection(nameof(ClientSuites))]
public sealed class ClientSuitesTests
{
    [Theory]
    [InlineData("python")]
    [InlineData("rust")]
    [InlineData("typescript")]
    [InlineData("page")]
    [InlineData("outside")]
    public async Task It_passes_its_own_checks(string part)
    {
        var run = await Tool.RunAsync("client-tests", [part], TestContext.Current.CancellationToken);

        if (run.ExitCode == Tool.LacksSomething)
            throw Missing.Exception(run.Errors);
        Assert.True(run.ExitCode == 0, $"{run.Output}\n{run.Errors}");
    }
}
