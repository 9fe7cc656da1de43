using System.Text.Json.Nodes;

namespace Vibe.Cases.Scenarios;

/// <summary>One step of a scenario: what is done, and what is expected of it.</summary>
internal sealed class Step
{
    private static readonly string[] Outcomes = ["expect", "until", "mirror", "error", "misuse", "cancelled", "silent"];

    public Step(int number, JsonObject step)
    {
        Number = number;
        Start = step["start"]?.GetValue<string>();
        Await = step["await"]?.GetValue<string>();
        Does = step["do"]?.GetValue<string>();
        Surroundings = step["env"]?.GetValue<string>();
        Times = step["times"]?.GetValue<int>();
        if (new[] { Await, Does, Surroundings }.Count(what => what is not null) != 1)
            throw new ScenarioException($"Step {number} has to do one thing: 'do', 'env' or 'await'.");
        var outcomes = Outcomes.Where(step.ContainsKey).ToList();
        if (outcomes.Count > 1)
            throw new ScenarioException($"Step {number} expects both {outcomes[0]} and {outcomes[1]}.");
        Outcome = outcomes.SingleOrDefault();
        if (Start is not null && Outcome is not null)
            throw new ScenarioException($"Step {number} is only started: whoever awaits it expects something of it.");
        Expected = Outcome is null ? null : step[Outcome]!.DeepClone();
        Arguments = (JsonObject)step.DeepClone();
        foreach (
            var ours in Outcomes
                .Append("start")
                .Append("await")
                .Append("do")
                .Append("env")
                .Append("times")
                .Append("about")
        )
            if (Surroundings != "calls" || ours != "expect")
                Arguments.Remove(ours);
        if (Await is not null && Arguments.Count > 0)
            throw new ScenarioException($"Step {number} only waits: it does nothing with '{Arguments.First().Key}'.");
    }

    public int Number { get; }

    /// <summary>The name under which the answer is awaited later.</summary>
    public string? Start { get; }

    /// <summary>The name of what was started and is awaited now.</summary>
    public string? Await { get; }

    /// <summary>What a client does.</summary>
    public string? Does { get; }

    /// <summary>What the surroundings do.</summary>
    public string? Surroundings { get; }

    /// <summary>How often it is done, one after another; null for once.</summary>
    public int? Times { get; }

    /// <summary>What it is done with.</summary>
    public JsonObject Arguments { get; }

    /// <summary>Which outcome is expected; null for any success.</summary>
    public string? Outcome { get; }

    public JsonNode? Expected { get; }

    public override string ToString() => $"step {Number} ({Does ?? Surroundings ?? $"await {Await}"})";
}
