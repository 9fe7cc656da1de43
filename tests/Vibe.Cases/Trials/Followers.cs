using System.Text.Json.Nodes;
using Vibe.Cases.Runners;

namespace Vibe.Cases.Trials;

/// <summary>Runners of several kinds that are there at once.</summary>
internal sealed class Followers : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<Runner> _runners = [];

    public IReadOnlyList<Runner> All => _runners;

    /// <summary>Builds and starts runners.</summary>
    public static async Task<Followers> StartAsync(IEnumerable<string> kinds)
    {
        var followers = new Followers();
        foreach (var kind in kinds)
        {
            followers._runners.Add(await RunnerKinds.PrepareAndStartAsync(kind));
        }
        return followers;
    }

    /// <summary>Asks a runner for something that must succeed.</summary>
    /// <exception cref="RunnerException">It does not.</exception>
    public static async Task<JsonObject> DoAsync(Runner runner, JsonObject request)
    {
        var answer = await runner.Ask(request).Answer.WaitAsync(Patience);
        return answer["ok"] as JsonObject
            ?? throw new RunnerException($"{runner.Kind}: {request.ToJsonString()} gave {answer.ToJsonString()}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var runner in _runners)
            await runner.DisposeAsync();
    }
}
