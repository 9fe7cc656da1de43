using System.Text.Json;
using Vibe.Testing;

namespace Vibe.Server.Tests.Benchmarks;

/// <summary>The program that measures, as it is run by hand. How fast anything is, is not for tests to say.</summary>
public class LoadTests
{
    [Fact]
    public async Task A_quick_run_measures_both_sides_and_writes_what_it_found()
    {
        using var report = await QuickAsync("run", "--engine", "sqlite", "P1");

        Assert.Equal(["P1 256 in flight", "P1 32 in flight", "P1 1 in flight"], Cases(report));
        AssertBothSidesHaveRates(report);
    }

    [Fact]
    public async Task A_quick_run_follows_streams_on_both_sides()
    {
        using var report = await QuickAsync("run", "--engine", "sqlite", "P4", "P5", "P6");

        Assert.Equal(
            [
                "P4 1 at once, whole",
                "P4 8 at once, whole",
                "P4 1 at once, masked",
                "P4 8 at once, masked",
                "P5 1 followers, whole",
                "P5 100 followers, whole",
                "P5 100 followers, 10 masks",
                "P6 50 writes a second",
            ],
            Cases(report)
        );
        AssertBothSidesHaveRates(report);
    }

    [Fact]
    public async Task A_quick_run_starts_and_restarts_servers_and_says_what_it_cannot_measure()
    {
        using var report = await QuickAsync("run", "--engine", "sqlite", "P7", "P8", "P13", "P14");

        Assert.Equal(["P7 200 followers", "P8 50 clients, 1,000 documents", "P13 start, idle, get"], Cases(report));
        var skipped = Assert.Single(report.RootElement.GetProperty("skipped").EnumerateArray()).GetString();
        Assert.StartsWith("P14: ", skipped, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task A_quick_run_asks_for_permits_in_its_own_process(string engine)
    {
        if (engine == "postgres" && await PostgresCluster.FindAsync() is null)
            throw Missing.Exception("PostgreSQL is not installed and VIBE_TEST_POSTGRES names no server.");

        using var report = await QuickAsync("run", "--engine", engine, "P11");

        Assert.Equal(["P11 warm", "P11 cold"], Cases(report));
        AssertBothSidesHaveRates(report);
        Assert.All(
            Rows(report).Select(row => Assert.Single(row.GetProperty("vibe").EnumerateArray())),
            run => Assert.Equal(1e6 / run.GetProperty("perSecond").GetDouble(), run.GetProperty("call").GetDouble(), 3)
        );
    }

    [Fact]
    public async Task A_quick_run_of_the_client_creates_together_and_alone()
    {
        using var report = await QuickAsync("client", "--engine", "sqlite");

        Assert.Equal(
            ["client 1,000 in flight", "client 256 in flight", "client 32 in flight", "client 1 in flight"],
            Cases(report)
        );
        AssertBothSidesHaveRates(report);
    }

    [Fact]
    public async Task A_quick_run_measures_at_sizes_that_grow()
    {
        using var report = await QuickAsync("grow", "--engine", "sqlite", "--largest", "1000");

        Assert.Equal(
            [
                "documents fill 1000",
                "documents get 1000",
                "documents create 1000",
                "followers delivery 1",
                "followers delivery 10",
                "spaces create 1",
                "spaces create 10",
            ],
            Cases(report).Zip(Rows(report), (name, row) => $"{name} {row.GetProperty("size")}")
        );
        AssertBothSidesHaveRates(report);
    }

    [Fact]
    public async Task A_peer_that_is_not_here_is_named_beside_what_Vibe_does()
    {
        using var report = await QuickAsync("peers", "pds");

        var skipped = report.RootElement.GetProperty("skipped").EnumerateArray();
        Assert.StartsWith("Bluesky PDS: ", Assert.Single(skipped).GetString(), StringComparison.Ordinal);
        Assert.Equal(
            ["durable writes, 32 in flight", "reads of a document, 32 in flight", "catch-up with 500", "fan-out to 20"],
            Rows(report).Select(row => row.GetProperty("case").GetString())
        );
        Assert.All(
            Rows(report).Select(row => Assert.Single(row.GetProperty("runs").EnumerateArray())),
            run => Assert.True(run.GetProperty("perSecond").GetDouble() > 0)
        );
    }

    [Fact]
    public async Task Each_client_is_measured_beside_the_code_generated_for_its_language()
    {
        string[] languages = ["csharp", "python", "python-asyncio", "rust", "typescript-node"];
        using var report = await QuickAsync("clients");

        var skipped = report.RootElement.GetProperty("skipped").EnumerateArray().Select(each => each.GetString()!);
        var missing = skipped.ToDictionary(each => each.Split(": ")[0]);
        Assert.Equal(
            from language in languages
            where !missing.ContainsKey(language)
            from name in (string[])
                [
                    "get, 1 in flight",
                    "create, 1 in flight",
                    "get, 32 in flight",
                    "create, 32 in flight",
                    "catch-up with 500",
                    "live",
                    "load",
                    "start to first answer",
                    "holding 500",
                ]
            select $"{language} {name}",
            Cases(report)
        );
        AssertBothSidesMeasured(report);
        Requirement.Is(missing.Count == 0, string.Join("; ", missing.Values));
    }

    private static async Task<JsonDocument> QuickAsync(params string[] command)
    {
        var file = Path.GetTempFileName();
        try
        {
            await MeasuringProgram.RunAsync("Vibe.Load", [.. command, "--quick", "--seconds", "0.05", "--json", file]);
            return JsonDocument.Parse(await File.ReadAllTextAsync(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static void AssertBothSidesHaveRates(JsonDocument report) =>
        Assert.All(
            Rows(report).SelectMany(row => new[] { row.GetProperty("vibe"), row.GetProperty("twin") }),
            side => Assert.True(Assert.Single(side.EnumerateArray()).GetProperty("perSecond").GetDouble() > 0)
        );

    private static void AssertBothSidesMeasured(JsonDocument report) =>
        Assert.All(
            Rows(report).SelectMany(row => new[] { row.GetProperty("vibe"), row.GetProperty("twin") }),
            side => Assert.NotEmpty(Assert.Single(side.EnumerateArray()).EnumerateObject())
        );

    private static IEnumerable<JsonElement> Rows(JsonDocument report) =>
        report.RootElement.GetProperty("rows").EnumerateArray();

    private static IEnumerable<string> Cases(JsonDocument report) =>
        Rows(report).Select(row => $"{row.GetProperty("workload")} {row.GetProperty("case")}");
}
