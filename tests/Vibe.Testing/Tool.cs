using System.Diagnostics;

namespace Vibe.Testing;

/// <summary>Runs a script of <c>tools/</c> to its end.</summary>
/// <param name="ExitCode">What it ended with.</param>
/// <param name="Output">What it wrote to stdout.</param>
/// <param name="Errors">What it wrote to stderr.</param>
public sealed record Tool(int ExitCode, string Output, string Errors)
{
    /// <summary>What scripts end with where the machine lacks something; they say what.</summary>
    public const int LacksSomething = 69;

    public static string PathOf(string name) => Path.Combine(Checkout.Root, "tools", name);

    public static async Task<Tool> RunAsync(
        string name,
        IEnumerable<string> arguments,
        CancellationToken cancellation = default
    )
    {
        using var run = Process.Start(
            new ProcessStartInfo("bash", [PathOf(name), .. arguments])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        run.StandardInput.Close();
        var errors = run.StandardError.ReadToEndAsync(cancellation);
        var output = await run.StandardOutput.ReadToEndAsync(cancellation);
        await run.WaitForExitAsync(cancellation);
        return new Tool(run.ExitCode, output, await errors);
    }
}
