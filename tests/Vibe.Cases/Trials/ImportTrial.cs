using System.Diagnostics;
using System.Text.Json.Nodes;
using Vibe.Cases.Scenarios;
using Vibe.Cases.Worlds;
using Vibe.Testing;

namespace Vibe.Cases.Trials;

/// <summary>
/// All clients at once follow an import while the server is killed: in the end each holds what the server does, nothing missing
/// and nothing told twice.
/// </summary>
internal static class ImportTrial
{
    private const string Collection = "movies";

    // A real person's world with a server that can be killed.
    private const string Surroundings = """
        {"about":"an import that all follow","kind":"live","steps":[{"env":"kill"},{"env":"start"}]}
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs the trial.</summary>
    /// <param name="kinds">The clients.</param>
    /// <param name="records">The file that is imported.</param>
    /// <param name="kills">How often the server is killed, at acknowledged counts that are drawn.</param>
    /// <param name="seed">Draws them.</param>
    /// <param name="says">Hears what happens.</param>
    /// <returns>What went wrong; null when nothing did.</returns>
    public static async Task<string?> RunAsync(
        IEnumerable<string> kinds,
        string records,
        int kills,
        int seed,
        Action<string> says
    )
    {
        var scenario = Scenario.Read("trial", Surroundings);
        await using var servers = new LiveServers();
        await using var followers = await Followers.StartAsync(kinds);
        await using var world = await LiveWorld.StartAsync(scenario, servers, fault: null, new Names());
        var mirrors = new List<Mirror>();
        var following = new List<Task<JsonObject>>();
        var token = world.Tokens("alice", []);
        foreach (var runner in followers.All)
        {
            await Followers.DoAsync(
                runner,
                new JsonObject
                {
                    ["do"] = "open",
                    ["client"] = "alice",
                    ["address"] = world.Grpc.GetLeftPart(UriPartial.Authority),
                    ["web"] = world.Web.GetLeftPart(UriPartial.Authority),
                    ["tokens"] = token.DeepClone(),
                    ["retry"] = new JsonObject { ["baseDelay"] = 0.1, ["maxDelay"] = 1 },
                }
            );
            await Followers.DoAsync(
                runner,
                new JsonObject
                {
                    ["do"] = "subscribe",
                    ["client"] = "alice",
                    ["space"] = "me",
                    ["collection"] = Collection,
                    ["feed"] = "all",
                }
            );
            var mirror = new Mirror(runner, "all");
            mirrors.Add(mirror);
            following.Add(mirror.FollowAsync());
        }

        var count = File.ReadLines(records).Count();
        var draw = new Random(seed);
        var moments = new Queue<int>(
            Enumerable.Range(0, kills).Select(_ => draw.Next(count / 10, count * 9 / 10)).Order()
        );
        using var import = StartImport(records, world.Grpc, token[0]!.GetValue<string>());
        while (await import.StandardOutput.ReadLineAsync() is { } line)
        {
            var acknowledged = JsonNode.Parse(line)?["acknowledged"]?.GetValue<int>() ?? 0;
            if (!moments.TryPeek(out var moment) || acknowledged < moment)
                continue;
            moments.Dequeue();
            says($"killed at {acknowledged} acknowledged");
            await world.DoAsync(scenario.Steps[0], [], new Names());
            await world.DoAsync(scenario.Steps[1], [], new Names());
        }
        await import.WaitForExitAsync();
        if (import.ExitCode > 1)
            return $"the import ended with {import.ExitCode}: {await import.StandardError.ReadToEndAsync()}";
        if (moments.Count > 0)
            return $"{moments.Count} kills were not made";

        var held = await world.HeldAsync("alice", Collection);
        says($"{held.Count} documents at the end");
        var end = Stopwatch.StartNew();
        foreach (var mirror in mirrors)
        {
            // What was written last is on its way.
            while (!Same(mirror.Held, held) && end.Elapsed < Patience && !following.Any(feed => feed.IsCompleted))
                await Task.Delay(TimeSpan.FromMilliseconds(100));
            says($"{mirror.Kind}: {mirror.Held.Count} documents, {mirror.Repeated} told twice");
        }
        var ended = following.FirstOrDefault(feed => feed.IsCompleted);
        if (ended is not null)
            return $"a feed ended: {(await ended).ToJsonString()}";
        var wrong = mirrors.FirstOrDefault(mirror => !Same(mirror.Held, held) || mirror.Repeated > 0);
        return wrong is null
            ? null
            : $"{wrong.Kind} holds {wrong.Held.Count} of {held.Count}, {wrong.Repeated} told twice";
    }

    private static bool Same(Dictionary<string, string> one, Dictionary<string, string> other) =>
        one.Count == other.Count && one.All(held => other.TryGetValue(held.Key, out var etag) && etag == held.Value);

    private static Process StartImport(string records, Uri server, string token)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [
                Checkout.Command,
                "import",
                records,
                Collection,
                "--server",
                server.GetLeftPart(UriPartial.Authority),
                "--rate",
                "200",
                "--batch",
                "20",
                "--json",
            ]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["VIBE_TOKEN"] = token;
        return Process.Start(start)!;
    }
}
