using Vibe.Testing;

namespace Vibe.Cases.Runners;

/// <summary>The languages and manners that there are runners of.</summary>
internal static class RunnerKinds
{
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
        var build = await Tool.RunAsync("runner", ["--prepare", kind]);
        return build.ExitCode switch
        {
            0 => null,
            Tool.LacksSomething => build.Errors.Trim(),
            _ => throw new RunnerException($"The runner {kind} does not build:\n{build.Errors}"),
        };
    }

    /// <summary>Builds a runner and starts it.</summary>
    /// <exception cref="RunnerException">The machine lacks something, or it does not build.</exception>
    public static async Task<Runner> PrepareAndStartAsync(string kind) =>
        await PrepareAsync(kind) is { } missing
            ? throw new RunnerException($"{kind}: {missing}")
            : await StartAsync(kind);

    /// <summary>Starts a runner that was built.</summary>
    public static Task<Runner> StartAsync(string kind) =>
        Runner.StartAsync(kind, "bash", [Tool.PathOf("runner"), kind]);
}
