using Vibe.Proof.Mutants;
using Vibe.Proof.Runs;
using Vibe.Testing;

namespace Vibe.Proof.StoredTruth;

/// <summary>Whatever happens, readers hold what was written, as they may see it: all of it, once, and in its order.</summary>
internal sealed class StoredTruthProof : IProof
{
    // What is expensive happens to a share of the histories.
    private const int OwnEvery = 80;
    private const int KilledEvery = 400;
    private const int CutEvery = 40;
    private const int ComparedEvery = 40;

    private const int ManyHistories = 2000;
    private static readonly string[] Rare = ["restarts", "restores", "lost keys", "rotated keys"];

    private readonly Engine _engine;
    private readonly SharedGround _ground;
    private readonly Cast _cast;
    private readonly Stage? _other;
    private readonly Stage? _cut;
    private readonly SemaphoreSlim _cutting = new(1, 1);

    private StoredTruthProof(Engine engine, Stage stage, Stage? other, Stage? cut)
    {
        _engine = engine;
        (_ground, _cast) = ((SharedGround)stage.Ground, stage.Cast);
        (_other, _cut) = (other, cut);
    }

    public static async Task<StoredTruthProof> StartAsync(Order order)
    {
        var isPostgres = order.Engine == Engine.Postgres;
        return new StoredTruthProof(
            order.Engine,
            await Stage.OnAsync(await SharedGround.StartAsync(order.Engine)),
            isPostgres ? await Stage.OnAsync(await SharedGround.StartAsync(Engine.Sqlite)) : null,
            isPostgres ? await Stage.OnAsync(await CutGround.StartAsync()) : null
        );
    }

    public Task<Outcome> RunAsync(int seed)
    {
        if (seed % OwnEvery == 0)
            return RunApartAsync(async () => await OwnGround.StartAsync(_engine), seed);
        if (MutantSwitch.Exists && seed % KilledEvery == 1)
            return RunApartAsync(async () => await KilledGround.StartAsync(_engine, seed), seed);
        if (_cut is not null && seed % CutEvery == 2)
            return RunCutAsync(seed);
        return _other is not null && seed % ComparedEvery == 3 ? RunOnBothAsync(seed) : RunAsync(_ground, _cast, seed);
    }

    public string? Weakness(Report report)
    {
        if (report.Coverage.GetValueOrDefault("checkpoints compared") < report.Histories * 10)
            return "Too few checkpoints were compared.";
        var missing = Rare.FirstOrDefault(what => !report.Coverage.ContainsKey(what));
        return report.Histories >= ManyHistories && missing is not null ? $"There were no {missing}." : null;
    }

    public async ValueTask DisposeAsync()
    {
        await _ground.DisposeAsync();
        if (_other is not null)
            await _other.Ground.DisposeAsync();
        if (_cut is not null)
            await _cut.Ground.DisposeAsync();
        _cutting.Dispose();
    }

    private static async Task<Outcome> RunApartAsync(Func<Task<Ground>> start, int seed)
    {
        await using var ground = await start();
        var outcome = await RunAsync(ground, await Cast.MakeAsync(ground.Server), seed);
        return ground is KilledGround killed
            ? outcome with
            {
                Coverage = outcome.Coverage.Concat(killed.Kills).ToDictionary(),
            }
            : outcome;
    }

    // One at a time: what is cut shall be a COMMIT of the history that asked for it.
    private async Task<Outcome> RunCutAsync(int seed)
    {
        await _cutting.WaitAsync();
        try
        {
            return await RunAsync(_cut!.Ground, _cut.Cast, seed);
        }
        finally
        {
            await _cut!.Ground.CalmAsync();
            _cutting.Release();
        }
    }

    private async Task<Outcome> RunOnBothAsync(int seed)
    {
        var tellings = new List<string>();
        var outcome = await RunAsync(_ground, _cast, seed, tellings);
        if (outcome.Violation is null)
            outcome = await RunAsync(_other!.Ground, _other.Cast, seed, tellings);
        return outcome.Violation is null && tellings[0] != tellings[1]
            ? outcome with
            {
                Violation = $"VIBE_SEED={seed}: the engines tell different things:\n{tellings[0]}\n---\n{tellings[1]}",
            }
            : outcome;
    }

    private static async Task<Outcome> RunAsync(Ground ground, Cast cast, int seed, List<string>? tellings = null)
    {
        var history = await History.BeginAsync(ground, cast, seed);
        var violation = (string?)null;
        try
        {
            await history.RunAsync();
            tellings?.Add(history.Telling);
            history.Count(tellings is null ? "histories on one engine" : "histories compared on both engines");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            violation =
                $"{(exception is Violation ? exception.Message : exception)}\nVIBE_SEED={seed} VIBE_HISTORIES=1 after:\n{string.Join('\n', history.Story)}";
        }
        await history.DisposeAsync();
        return new Outcome(seed, violation, history.Coverage);
    }
}

/// <summary>A server, and who is on it.</summary>
internal sealed record Stage(Ground Ground, Cast Cast)
{
    public static async Task<Stage> OnAsync(Ground ground) => new(ground, await Cast.MakeAsync(ground.Server));
}
