using System.Diagnostics;
using System.Security.Cryptography;
using Vibe.Testing;

namespace Vibe.Cases.Tests.Quickstarts;

/// <summary>A folder of crates in place of the public registry: ours as it was packed, and all that it is built and tested with.</summary>
internal static class CrateSource
{
    /// <param name="folder">The folder; what is in it goes.</param>
    /// <param name="crate">The packed crate.</param>
    public static async Task FillAsync(string folder, string crate)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        // As cargo itself is configured, so that it also works where the registry is a folder already.
        await RunAsync(
            "cargo",
            ["vendor", "--quiet", "--locked", "--versioned-dirs", "--respect-source-config", folder],
            Path.Combine(Checkout.Root, "sdk/rust")
        );
        await RunAsync("tar", ["-xzf", crate, "-C", folder], folder);
        var sum = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(crate)));
        await File.WriteAllTextAsync(
            Path.Combine(folder, Path.GetFileNameWithoutExtension(crate), ".cargo-checksum.json"),
            $$"""{"files":{},"package":"{{sum}}"}"""
        );
    }

    private static async Task RunAsync(string program, string[] arguments, string folder)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var run = Process.Start(start)!;
        var errors = run.StandardError.ReadToEndAsync();
        await run.StandardOutput.ReadToEndAsync();
        await run.WaitForExitAsync();
        Assert.True(run.ExitCode == 0, $"{program} {string.Join(' ', arguments)}\n{await errors}");
    }
}
