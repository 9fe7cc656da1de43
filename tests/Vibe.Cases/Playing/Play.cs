using System.Text.Json.Nodes;
using Vibe.Cases.Runners;
using Vibe.Cases.Scenarios;
using Vibe.Cases.Worlds;

namespace Vibe.Cases.Playing;

/// <summary>Plays scenarios with a runner: tells it what to do, step by step, and judges what it observed.</summary>
internal sealed class Play
{
    private const string OwnSpace = "me";

    // What a saboteur took away never comes.
    private static readonly TimeSpan PatienceWithSaboteur = TimeSpan.FromSeconds(4);

    // Between two questions for what may take a while.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    // What is done to no client.
    private static readonly string[] WithoutClient = ["pointer", "next", "leave", "cancel"];

    private static readonly string[] InASpace =
    [
        "get",
        "list",
        "page",
        "collections",
        "create",
        "update",
        "replace",
        "delete",
        "setAcl",
        "batch",
        "raw",
        "snapshots",
        "subscribe",
    ];

    private static readonly string[] OfAClient = ["as", "app", "at", "tokens", "timeout", "retry", "application"];

    private readonly Scenario _scenario;
    private readonly Runner _runner;
    private readonly World _world;
    private readonly Names _names;
    private readonly TimeSpan _patience;
    private readonly Dictionary<string, (long Id, Task<JsonObject> Answer)> _started = new(StringComparer.Ordinal);
    private readonly List<string> _feeds = [];
    private readonly Dictionary<string, Held> _held = new(StringComparer.Ordinal);
    private readonly List<string> _clients = [];

    private Play(Scenario scenario, Runner runner, World world, Names names, TimeSpan patience) =>
        (_scenario, _runner, _world, _names, _patience) = (scenario, runner, world, names, patience);

    /// <summary>Plays a scenario once.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="runner">Whose client does it.</param>
    /// <param name="servers">Where live servers come from.</param>
    /// <param name="fault">What a saboteur does; null without one.</param>
    /// <returns>What went wrong; null when nothing did.</returns>
    /// <exception cref="ScenarioException">The scenario says what nobody understands.</exception>
    public static async Task<string?> RunAsync(
        Scenario scenario,
        Runner runner,
        LiveServers servers,
        string? fault = null
    )
    {
        var names = new Names();
        await using World world = scenario.IsScripted
            ? await ScriptedWorld.StartAsync(scenario, names)
            : await LiveWorld.StartAsync(scenario, servers, fault, names);
        var play = new Play(scenario, runner, world, names, fault is null ? scenario.Patience : PatienceWithSaboteur);
        try
        {
            return await play.OpenAsync() ?? await play.StepsAsync() ?? world.Missed();
        }
        finally
        {
            await play.CloseAsync();
        }
    }

    private async Task<string?> OpenAsync()
    {
        foreach (var (name, setup) in _scenario.Clients)
        {
            var client = setup!.AsObject();
            Known.Only(client, OfAClient, "a client");
            var (grpc, web) = _world.AddressOf(client);
            var open = new JsonObject
            {
                ["do"] = "open",
                ["client"] = name,
                ["address"] = Address(grpc),
                ["web"] = Address(web),
                ["tokens"] = _names.Fill(_world.Tokens(name, client)),
            };
            foreach (var option in new[] { "timeout", "retry", "application" })
                if (client[option] is { } value)
                    open[option] = value.DeepClone();
            if (await JudgeAsync("open", _runner.Ask(open).Answer, null, null) is { } wrong)
                return $"open {name}: {wrong}";
            _clients.Add(name);
        }
        return null;
    }

    private async Task<string?> StepsAsync()
    {
        foreach (var step in _scenario.Steps)
        {
            string? wrong;
            try
            {
                wrong = await DoAllAsync(step);
            }
            catch (ScenarioException misspelt)
            {
                throw new ScenarioException($"{_scenario.Name}, {step}: {misspelt.Message}", misspelt);
            }
            if (wrong is not null)
                return $"{step}: {wrong}";
        }
        var forgotten = _started.Keys.FirstOrDefault();
        return forgotten is null
            ? null
            : throw new ScenarioException($"{_scenario.Name}: nobody awaits '{forgotten}'.");
    }

    private async Task<string?> DoAllAsync(Step step)
    {
        if (step.Times is null)
            return await DoAsync(step);
        for (var time = 1; time <= step.Times; time++)
        {
            _names.Set("time", time);
            if (await DoAsync(step) is { } wrong)
                return $"time {time}: {wrong}";
        }
        return null;
    }

    private async Task<string?> DoAsync(Step step)
    {
        if (step.Await is { } name)
        {
            if (!_started.TryGetValue(name, out var started))
                throw new ScenarioException($"'{name}' was not started.");
            var wrong = await JudgeAsync(name, started.Answer, step.Outcome, step.Expected);
            if (step.Outcome != "silent")
                _started.Remove(name);
            return wrong;
        }

        if (step.Surroundings is not null)
            return step.Surroundings == "calls"
                ? await _world.DoAsync(step, step.Arguments, _names)
                : await _world.DoAsync(step, _names.Fill(step.Arguments)!.AsObject(), _names);

        if (step.Outcome == "until")
            return await AskUntilAsync(step);
        if (step.Outcome == "mirror")
            return await MirrorAsync(step);

        var asked = Ask(Request(step));
        if (step.Start is { } start)
        {
            _started.Add(start, asked);
            return null;
        }
        return step.Outcome == "silent"
            ? throw new ScenarioException("Silence is awaited of what was started.")
            : await JudgeAsync(step.Does!, asked.Answer, step.Outcome, step.Expected);
    }

    /// <summary>Asks again and again until the answer is what is expected: for what may come in one step or in several.</summary>
    private async Task<string?> AskUntilAsync(Step step)
    {
        var end = DateTime.UtcNow + _patience;
        while (true)
        {
            var wrong = await JudgeAsync(step.Does!, Ask(Request(step)).Answer, "expect", step.Expected);
            if (wrong is null || DateTime.UtcNow > end)
                return wrong;
            if (step.Does != "next")
                await Task.Delay(Pause);
        }
    }

    /// <summary>Takes page after page, until whoever applied all of the feed holds what is expected.</summary>
    private async Task<string?> MirrorAsync(Step step)
    {
        var request = Request(step);
        var held = _held[Known.Text(request, "feed")];
        while (true)
        {
            var documents = new JsonArray([.. held.Documents.Select(document => document.DeepClone())]);
            if (Expectation.Differs(step.Expected, documents, _names) is not { } wrong)
                return null;
            if (await JudgeAsync(step.Does!, Ask(request).Answer, null, null) is { } none)
                return $"{none}; what is held: {wrong}";
        }
    }

    private (long Id, Task<JsonObject> Answer) Ask(JsonObject request)
    {
        var (id, answer) = _runner.Ask(request);
        return request["feed"] is { } feed && _held.TryGetValue(feed.GetValue<string>(), out var held)
            ? (id, ApplyAsync(held, answer))
            : (id, answer);
    }

    private static async Task<JsonObject> ApplyAsync(Held held, Task<JsonObject> next)
    {
        var answer = await next;
        if (answer["ok"]?["page"] is JsonObject page)
            held.Apply(page);
        return answer;
    }

    private JsonObject Request(Step step)
    {
        var does = step.Does!;
        var request = new JsonObject { ["do"] = does };
        if (!WithoutClient.Contains(does))
            request["client"] = _scenario.Clients.First().Key;
        if (InASpace.Contains(does))
            request["space"] = OwnSpace;
        foreach (var (member, value) in _names.Fill(step.Arguments)!.AsObject())
            request[member] = value?.DeepClone();
        switch (does)
        {
            case "cancel":
                var call = Known.Text(request, "call");
                request["call"] = _started.TryGetValue(call, out var started)
                    ? started.Id
                    : throw new ScenarioException($"'{call}' was not started.");
                break;

            case "snapshots"
            or "subscribe":
                _feeds.Add(Known.Text(request, "feed"));
                if (request["resumeToken"] is null)
                    _held[Known.Text(request, "feed")] = new Held();
                break;

            case "leave":
                _feeds.Remove(Known.Text(request, "feed"));
                break;
        }
        return request;
    }

    private async Task<string?> JudgeAsync(string what, Task<JsonObject> asked, string? outcome, JsonNode? expected)
    {
        if (outcome == "silent")
        {
            var silence = TimeSpan.FromSeconds(expected!.GetValue<double>());
            var first = await Task.WhenAny(asked, Task.Delay(silence));
            return first == asked ? $"{(await asked).ToJsonString()} came, where nothing is expected" : null;
        }

        JsonObject answer;
        try
        {
            answer = await asked.WaitAsync(_patience);
        }
        catch (TimeoutException)
        {
            return $"{what} did not answer within {_patience.TotalSeconds} s";
        }
        var kind = answer.Select(member => member.Key).FirstOrDefault(member => member != "id");
        return (outcome, kind) switch
        {
            (null, "ok") => null,
            ("expect", "ok") => Expectation.Differs(expected, answer["ok"], _names),
            ("error", "error") => Expectation.Differs(expected, answer["error"], _names),
            ("misuse", "misuse") or ("cancelled", "cancelled") => null,
            _ => $"{answer.ToJsonString()}, where {outcome ?? "success"} is expected",
        };
    }

    /// <summary>Leaves nothing behind that the next scenario would meet.</summary>
    private async Task CloseAsync()
    {
        var rest = _started
            .Values.Select(call => new JsonObject { ["do"] = "cancel", ["call"] = call.Id })
            .Concat(_feeds.Select(feed => new JsonObject { ["do"] = "leave", ["feed"] = feed }))
            .Concat(_clients.Select(client => new JsonObject { ["do"] = "close", ["client"] = client }));
        foreach (var request in rest)
        {
            try
            {
                await _runner.Ask(request).Answer.WaitAsync(_patience);
            }
            catch (Exception gone) when (gone is TimeoutException or RunnerException)
            {
                // What the scenario said of it stands; the next one meets a runner that is gone and says so.
            }
        }
    }

    private static string Address(Uri address) => address.GetLeftPart(UriPartial.Authority);
}
