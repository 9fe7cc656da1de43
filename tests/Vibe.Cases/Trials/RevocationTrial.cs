using System.Diagnostics;
using System.Text.Json.Nodes;
using Vibe.Cases.Scenarios;
using Vibe.Cases.Worlds;

namespace Vibe.Cases.Trials;

/// <summary>How long it takes from the call that revokes a grant to the end of an app's feed, in each language.</summary>
internal static class RevocationTrial
{
    private const string Surroundings = """
        {"about":"a grant that ends","kind":"live",
         "apps":{"notes":{"allow":[{"collection":"movies","operations":["read"],"fields":["*"]}]}},
         "clients":{"notes":{"as":"alice","app":"notes"}},
         "steps":[{"env":"revoke","app":"notes"}]}
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Runs the trial.</summary>
    /// <returns>What went wrong; null when nothing did.</returns>
    public static async Task<string?> RunAsync(IEnumerable<string> kinds, int times, Action<string> says)
    {
        var scenario = Scenario.Read("trial", Surroundings);
        await using var servers = new LiveServers();
        await using var followers = await Followers.StartAsync(kinds);
        foreach (var runner in followers.All)
        {
            var spans = new List<double>();
            for (var time = 0; time < times; time++)
            {
                await using var world = await LiveWorld.StartAsync(scenario, servers, fault: null, new Names());
                await Followers.DoAsync(
                    runner,
                    new JsonObject
                    {
                        ["do"] = "open",
                        ["client"] = "notes",
                        ["address"] = world.Grpc.GetLeftPart(UriPartial.Authority),
                        ["web"] = world.Web.GetLeftPart(UriPartial.Authority),
                        ["tokens"] = world.Tokens("notes", scenario.Clients["notes"]!.AsObject()),
                    }
                );
                await Followers.DoAsync(
                    runner,
                    new JsonObject
                    {
                        ["do"] = "subscribe",
                        ["client"] = "notes",
                        ["space"] = "me",
                        ["collection"] = "movies",
                        ["feed"] = "f",
                    }
                );
                var next = new JsonObject { ["do"] = "next", ["feed"] = "f" };
                await Followers.DoAsync(runner, next);
                var end = runner.Ask(next).Answer;
                var watch = Stopwatch.StartNew();
                var revoking = world.DoAsync(scenario.Steps[0], new JsonObject { ["app"] = "notes" }, new Names());
                var last = await end.WaitAsync(Patience);
                spans.Add(watch.Elapsed.TotalMilliseconds);
                await revoking;
                if (last["error"]?["reason"]?.GetValue<string>() != "GRANT_REVOKED")
                    return $"{runner.Kind}: {last.ToJsonString()} came and not the end";
                await Followers.DoAsync(runner, new JsonObject { ["do"] = "leave", ["feed"] = "f" });
                await Followers.DoAsync(runner, new JsonObject { ["do"] = "close", ["client"] = "notes" });
            }
            spans.Sort();
            says($"{runner.Kind}: p50 {At(spans, 0.5):0.0} ms, p99 {At(spans, 0.99):0.0} ms, {times} times");
        }
        return null;
    }

    private static double At(List<double> sorted, double share) =>
        sorted[Math.Min(sorted.Count - 1, (int)Math.Ceiling(share * sorted.Count) - 1)];
}
