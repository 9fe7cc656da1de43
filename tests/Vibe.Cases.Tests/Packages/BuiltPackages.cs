using System.Collections.Concurrent;
using Vibe.Testing;

namespace Vibe.Cases.Tests.Packages;

/// <summary>What <c>tools/packages</c> makes, built once in a run of the tests.</summary>
internal static class BuiltPackages
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<Tool>>> Builds = new(StringComparer.Ordinal);

    /// <summary>The version that all packages have.</summary>
    public static string Version { get; } = File.ReadAllText(Path.Combine(Checkout.Root, "sdk/VERSION")).Trim();

    /// <summary>Builds what has a name there, and gives the folder that it lies in; skips where the machine lacks something.</summary>
    public static async Task<string> FolderAsync(string name)
    {
        var build = await Builds.GetOrAdd(name, _ => new(() => Tool.RunAsync("packages", [name, "--no-build"]))).Value;
        if (build.ExitCode == Tool.LacksSomething)
            throw Missing.Exception(build.Errors);
        Assert.True(build.ExitCode == 0, $"tools/packages {name}\n{build.Output}\n{build.Errors}");
        return Path.Combine(Checkout.Root, "artifacts/packages", name);
    }

    /// <summary>The one file of a package.</summary>
    public static async Task<string> FileAsync(string name, string pattern) =>
        Assert.Single(Directory.GetFiles(await FolderAsync(name), pattern));
}
