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

    /// <summary>Starts a runner by <c>tools/runner</c>, which builds it first where that is needed.</summary>
    /// <param name="kind">One of <see cref="All"/>.</param>
    /// <param name="root">The checkout.</param>
    public static Runner Start(string kind, string root) =>
        Runner.Start(kind, "bash", [Path.Combine(root, "tools", "runner"), kind]);
}
