using System.Diagnostics;

namespace Vibe.Cases.Runners;

/// <summary>The languages and manners that there are runners of.</summary>
internal static class RunnerKinds
{
    // What tools/runner ends with where a machine lacks something.
    private const int Missing = 69;

    public static readonly IReadOnlyList<string> All =
    [
        "csharp",
        "python",
        "python-asyncio",
        "rust",
        "typescript-node",
        "typescript-chromium",
    ];

    /// <summary>Builds a runner.</summary>
    /// <param name="kind">One of <see cref="All"/>.</param>
    /// <returns>What the machine lacks for it; null when it was built.</returns>
    /// <exception cref="RunnerException">It does not build.</exception>
    public static async Task<string?> PrepareAsync(string kind)
    {
        using var prepare = Process.Start(
            new ProcessStartInfo("bash", [Tool, "--prepare", kind])
            {
                RedirectStandardInput = true,
                RedirectStandardError = true,
            }
        )!;
        prepare.StandardInput.Close();
        var said = await prepare.StandardError.ReadToEndAsync();
        await prepare.WaitForExitAsync();
        return prepare.ExitCode switch
        {
            0 => null,
            Missing => said.Trim(),
            _ => throw new RunnerException($"The runner {kind} does not build:\n{said}"),
        };
    }

    /// <summary>Starts a runner that was built.</summary>
    public static Runner Start(string kind) => Runner.Start(kind, "bash", [Tool, kind]);

    private static string Tool => Path.Combine(Checkout.Root, "tools", "runner");
}
