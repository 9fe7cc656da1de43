namespace Vibe.Server.Tests.Benchmarks;

/// <summary>The page about performance, made from figures that are always the same.</summary>
public sealed class PerformancePageTests : IDisposable
{
    private const string Measured = """
        {
          "format": 3, "at": "2026-01-02T03:04:05+00:00", "vibe": "Vibe 1.2.3", "command": "run P1 --json FILE",
          "machine": { "processors": 2, "processor": "a processor", "memory": 4096, "system": "a system", "kernel": "a kernel", "runtime": "a runtime" },
          "runs": 1, "seconds": 5,
          "rows": [
            {
              "workload": "P1", "engine": "Sqlite", "case": "1 in flight", "generator": "h2load",
              "vibe": [{ "perSecond": 900, "p50": 1, "p99": 2, "p999": 3, "cpu": 50, "memory": 150 }],
              "twin": [{ "perSecond": 1000, "p50": 1, "p99": 2, "p999": 3, "cpu": 25, "memory": 80 }]
            },
            {
              "workload": "P1", "engine": "Sqlite", "case": "32 in flight", "generator": "h2load",
              "vibe": [{ "perSecond": 5000, "p50": 1, "p99": 2, "p999": 3, "cpu": 40, "memory": 150 }],
              "twin": [{ "perSecond": 10000, "p50": 1, "p99": 2, "p999": 3, "cpu": 20, "memory": 80 }]
            },
            {
              "workload": "P11", "engine": "Sqlite", "case": "warm", "generator": "blocks of 1,000",
              "vibe": [{ "perSecond": 4000000, "call": 0.25, "p50": 0.0002, "p99": 0.0003, "p999": 0.0004 }],
              "twin": [{ "perSecond": 50000000, "call": 0.02, "p50": 0.00001, "p99": 0.00002, "p999": 0.00003 }]
            },
            {
              "workload": "P11", "engine": "Sqlite", "case": "cold", "generator": "each call",
              "vibe": [{ "perSecond": 2500, "call": 400, "p50": 0.3, "p99": 0.5, "p999": 0.6 }],
              "twin": [{ "perSecond": 50000000, "call": 0.02, "p50": 0.00001, "p99": 0.00002, "p999": 0.00003 }]
            },
            {
              "workload": "spaces", "engine": "Sqlite", "case": "create", "size": 1, "generator": ".NET",
              "vibe": [{ "perSecond": 5000, "p50": 1, "cpu": 60 }], "twin": [{ "perSecond": 9000, "p50": 1, "cpu": 30 }]
            },
            {
              "workload": "spaces", "engine": "Sqlite", "case": "create", "size": 1000, "generator": ".NET",
              "vibe": [{ "perSecond": 4000, "p50": 1, "cpu": 90 }], "twin": [{ "perSecond": 9000, "p50": 1, "cpu": 30 }]
            }
          ],
          "skipped": ["P14: there is one server."]
        }
        """;

    private const string Peers = """
        {
          "format": 2, "at": "2026-01-02T03:04:05+00:00", "vibe": "Vibe 1.2.3", "command": "peers --json FILE",
          "runs": 1, "seconds": 5,
          "rows": [
            { "system": "Vibe", "isVibe": true, "case": "writes", "how": "synced", "runs": [{ "perSecond": 100 }] },
            { "system": "other", "isVibe": false, "case": "writes", "how": "not synced", "runs": [{ "perSecond": 400 }] }
          ],
          "skipped": ["a third: is not here"]
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("vibe-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_missed_goal_is_shown_as_missed_and_all_that_is_slower_as_slower()
    {
        var page = await MakeAsync("performance");

        Assert.Contains("Of 4 goals 2 are met and 2 are missed.", page, StringComparison.Ordinal);
        Assert.Contains(
            "| P1 sqlite, 32 in flight | rate ≥ 0.7 | 5,000 (5,000–5,000) | 10,000 (10,000–10,000) | 0.50 (0.50–0.50) | **missed** |",
            page,
            StringComparison.Ordinal
        );
        Assert.Contains("0.90 (0.90–0.90) | met |", page, StringComparison.Ordinal);
        Assert.Contains("× 0.25", page, StringComparison.Ordinal);
        Assert.Contains("From 1 to 1,000: CPU each × 1.50 (the twin's × 1.00)", page, StringComparison.Ordinal);
        Assert.Contains("P14: there is one server.", page, StringComparison.Ordinal);
        Assert.Contains("a third: is not here", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_goal_for_a_figure_itself_stands_beside_the_figure_and_the_ratio()
    {
        var page = await MakeAsync("performance");

        Assert.Contains(
            "| warm | blocks of 1,000 | Vibe | 0.250 (0.250–0.250) | 0.200 · 0.300 · 0.400 |",
            page,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "| warm | a call ≤ 5 µs | 0.250 (0.250–0.250) | 0.020 (0.020–0.020) | 0.25 (0.25–0.25) µs, × 12.50 (12.50–12.50) | met |",
            page,
            StringComparison.Ordinal
        );
        Assert.Contains("| P11 sqlite, cold | a call ≤ 300 µs | 400.000", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_one_workload_alone_was_measured_of_is_a_page_about_it_alone()
    {
        var (measured, page) = (Path.Combine(_folder, "one.json"), Path.Combine(_folder, "doors.md"));
        await File.WriteAllTextAsync(
            measured,
            """
            {
              "format": 3, "at": "2026-01-02T03:04:05+00:00", "vibe": "Vibe 1.2.3", "command": "run P12 --json FILE",
              "runs": 1, "seconds": 5,
              "rows": [
                {
                  "workload": "P12", "engine": "Sqlite", "case": "get, REST", "generator": "h2load",
                  "vibe": [{ "perSecond": 300 }], "twin": [{ "perSecond": 1000 }]
                }
              ],
              "skipped": ["P12 through Envoy: is not here"]
            }
            """
        );
        await MeasuringProgram.RunAsync("Vibe.Load", "document", measured, "--into", page);
        var text = await File.ReadAllTextAsync(page);

        Assert.Contains("# P12: ", text, StringComparison.Ordinal);
        Assert.Contains("Of 1 goals 0 are met and 1 are missed.", text, StringComparison.Ordinal);
        Assert.Contains("P12 through Envoy: is not here", text, StringComparison.Ordinal);
        Assert.Contains("load run P12 --json FILE", text, StringComparison.Ordinal);
        Assert.DoesNotContain("P1,", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_figures_give_the_same_bytes()
    {
        Assert.Equal(await MakeAsync("performance"), await MakeAsync("again/performance"));
        var plots = Directory.GetFiles(Path.Combine(_folder, "performance"));
        Assert.Equal(2, plots.Length);
        Assert.All(
            plots,
            plot =>
                Assert.Equal(
                    File.ReadAllBytes(plot),
                    File.ReadAllBytes(Path.Combine(_folder, "again", "performance", Path.GetFileName(plot)))
                )
        );
    }

    private async Task<string> MakeAsync(string name)
    {
        var (measured, peers) = (Path.Combine(_folder, "measured.json"), Path.Combine(_folder, "peers.json"));
        await File.WriteAllTextAsync(measured, Measured);
        await File.WriteAllTextAsync(peers, Peers);
        var page = Path.Combine(_folder, $"{name}.md");
        await MeasuringProgram.RunAsync("Vibe.Load", "document", measured, peers, "--into", page);
        return await File.ReadAllTextAsync(page);
    }
}
