using System.Globalization;
using Vibe.Proof.Runs;
using Vibe.Testing;

namespace Vibe.Proof.Tests;

/// <summary>Runs a proof for a moment. <c>VIBE_SEED</c> and <c>VIBE_HISTORIES</c> make it another run, or a longer one.</summary>
internal static class SmallRun
{
    private const int Seed = 20261124;

    public static Task HoldsAsync(string proof, Engine engine, int histories, ITestOutputHelper output) =>
        HoldsAsync(proof, new Order(engine, histories, Seed), output);

    /// <summary>The same through an Envoy.</summary>
    public static Task HoldsThroughEnvoyAsync(string proof, Engine engine, int histories, ITestOutputHelper output) =>
        HoldsAsync(proof, new Order(engine, histories, Seed) { IsThroughEnvoy = true }, output);

    private static async Task HoldsAsync(string proof, Order asked, ITestOutputHelper output)
    {
        var order = asked with
        {
            Histories = Setting("VIBE_HISTORIES", asked.Histories),
            Seed = Setting("VIBE_SEED", asked.Seed),
        };
        var report = await ProofRun.RunAsync(proof, Proofs.All[proof], order);
        output.WriteLine(
            $"{order.Engine}: {report.Histories} histories from seed {order.Seed}, {report.Elapsed.TotalSeconds:f1} s"
        );
        foreach (var (what, count) in report.Coverage)
            output.WriteLine($"{count} {what}");
        if (report.Violation is not null)
            Assert.Fail(report.Violation);
        Assert.Equal(order.Histories, report.Histories);
    }

    private static int Setting(string name, int value) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : value;
}
