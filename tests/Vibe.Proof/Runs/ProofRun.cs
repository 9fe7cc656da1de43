using System.Collections.Concurrent;
using System.Diagnostics;
using Vibe.Testing;

namespace Vibe.Proof.Runs;

/// <summary>How much is asked for.</summary>
/// <param name="Engine">What the servers keep their data in.</param>
/// <param name="Histories">How many histories at most.</param>
/// <param name="Seed">The seed of the first history; each following one has the next.</param>
internal sealed record Order(Engine Engine, int Histories, int Seed)
{
    /// <summary>How many histories run side by side; as many as the proof likes best without it.</summary>
    public int? AtOnce { get; init; }

    /// <summary>Whether an Envoy stands in front of the server, where the proof can play that.</summary>
    public bool IsThroughEnvoy { get; init; }

    /// <summary>After how long no further history is begun.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromHours(6);
}

/// <summary>What one history came to.</summary>
/// <param name="Seed">Its seed, which brings it back.</param>
/// <param name="Violation">What broke, with the story that led to it, or nothing.</param>
/// <param name="Coverage">How often it did what; summed up over a run.</param>
internal sealed record Outcome(int Seed, string? Violation, IReadOnlyDictionary<string, long> Coverage);

/// <summary>What a run came to.</summary>
internal sealed record Report(string Proof, Order Order, int Histories, TimeSpan Elapsed, string? Violation)
{
    /// <summary>What the histories did, summed up.</summary>
    public required IReadOnlyDictionary<string, long> Coverage { get; init; }

    /// <summary>How many histories had run when the violation was found, itself included.</summary>
    public int? FoundAfter { get; init; }
}

/// <summary>One of the proofs: servers to run against, and one history on them.</summary>
internal interface IProof : IAsyncDisposable
{
    /// <summary>How many histories run side by side, unless the order says otherwise.</summary>
    int AtOnce => Math.Max(2, Environment.ProcessorCount);

    /// <summary>Whether there is no history left that was not run.</summary>
    bool IsDone => false;

    /// <summary>Runs one history against the servers.</summary>
    Task<Outcome> RunAsync(int seed);

    /// <summary>What a run as a whole must have covered, or why it proves nothing.</summary>
    string? Weakness(Report report);
}

/// <summary>Runs histories side by side until they are done, one breaks, or time is up.</summary>
internal static class ProofRun
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Starts the servers of a proof and runs its histories.</summary>
    public static async Task<Report> RunAsync(
        string name,
        Func<Order, Task<IProof>> start,
        Order order,
        Action<int>? progress = null
    )
    {
        var proof = await start(order);
        Report report;
        try
        {
            report = await RunAsync(name, proof, order, progress);
        }
        catch
        {
            await proof.DisposeAsync();
            throw;
        }
        try
        {
            await proof.DisposeAsync();
        }
        catch (InvalidOperationException exception)
        {
            // What a server logged as an error is a find like any other, and must not take the report with it.
            report = report with
            {
                Violation = report.Violation is { } violation ? $"{violation}\n{exception.Message}" : exception.Message,
            };
        }
        return report;
    }

    private static async Task<Report> RunAsync(string name, IProof proof, Order order, Action<int>? progress)
    {
        var outcomes = new ConcurrentBag<Outcome>();
        var watch = Stopwatch.StartNew();
        var violation = (Outcome?)null;
        var foundAfter = (int?)null;
        using var stop = new CancellationTokenSource();
        try
        {
            await Parallel.ForEachAsync(
                Enumerable.Range(order.Seed, order.Histories),
                new ParallelOptions
                {
                    MaxDegreeOfParallelism = order.AtOnce ?? proof.AtOnce,
                    CancellationToken = stop.Token,
                },
                async (seed, _) =>
                {
                    if (watch.Elapsed > order.Limit || proof.IsDone)
                    {
                        await stop.CancelAsync();
                        return;
                    }
                    var outcome = await EndedAsync(proof, seed);
                    outcomes.Add(outcome);
                    progress?.Invoke(outcomes.Count);
                    if (
                        outcome.Violation is not null
                        && Interlocked.CompareExchange(ref violation, outcome, null) is null
                    )
                    {
                        foundAfter = outcomes.Count;
                        await stop.CancelAsync();
                    }
                }
            );
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // A violation was found, or time is up: the report says which.
        }
        var report = new Report(name, order, outcomes.Count, watch.Elapsed, violation?.Violation)
        {
            FoundAfter = foundAfter,
            Coverage = outcomes
                .SelectMany(outcome => outcome.Coverage)
                .GroupBy(each => each.Key, each => each.Value)
                .ToDictionary(group => group.Key, group => group.Sum()),
        };
        return report.Violation is null && proof.Weakness(report) is { } weakness
            ? report with
            {
                Violation = weakness,
            }
            : report;
    }

    // Whatever never comes is a promise broken too, and without an end nobody would learn of it.
    private static async Task<Outcome> EndedAsync(IProof proof, int seed)
    {
        try
        {
            return await proof.RunAsync(seed).WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            return new Outcome(seed, $"VIBE_SEED={seed}: no end after {Patience}", new Dictionary<string, long>());
        }
    }
}
