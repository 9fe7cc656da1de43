using Vibe.Proof.Runs;
using Vibe.Testing;

namespace Vibe.Proof.NewEnemy;

/// <summary>What was taken back is in force: every answer has a place in the order where it was so and was allowed.</summary>
internal sealed class NewEnemyProof(Replicas replicas, IDisposable upset) : IProof
{
    private const int HistoriesPerKill = 250;

    private int _begun;

    public static async Task<NewEnemyProof> StartAsync(Order order)
    {
        var upset = Disturbance.Begin();
        return new NewEnemyProof(await Replicas.StartAsync(order.Engine), upset);
    }

    /// <summary>Histories wait more than they work: many run at once, each in spaces of its own.</summary>
    public int AtOnce => 16;

    public async Task<Outcome> RunAsync(int seed)
    {
        var kill =
            Interlocked.Increment(ref _begun) % HistoriesPerKill == 0 ? replicas.KillSecondAsync() : Task.CompletedTask;
        var history = await History.RunAsync(replicas, seed);
        await kill;
        return new Outcome(seed, history.Violation, history.Coverage);
    }

    public string? Weakness(Report report) =>
        report.Coverage.GetValueOrDefault("reads overlapped by a policy change") < report.Histories
            ? "Too few reads run while what they rest on changes."
        : report.Histories >= 2 * HistoriesPerKill && report.Order.Engine == Engine.Postgres && replicas.Kills == 0
            ? "No process was killed."
        : null;

    public async ValueTask DisposeAsync()
    {
        await replicas.DisposeAsync();
        upset.Dispose();
    }
}
