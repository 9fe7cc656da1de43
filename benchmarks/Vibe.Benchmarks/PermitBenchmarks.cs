using BenchmarkDotNet.Attributes;

namespace Vibe.Benchmarks;

/// <summary>
/// The parts of P11, which <c>Vibe.Load</c> measures beside the other workloads: whether an app may read in a collection. The
/// limit is a look-up in a dictionary; the goals are 5 µs for what was remembered and 300 µs for what was not.
/// </summary>
public class PermitBenchmarks
{
    private PreparedServer _server = null!;
    private PermitCheck _check = null!;

    /// <summary>Makes a permit to remember.</summary>
    [GlobalSetup]
    public async Task PrepareAsync()
    {
        _server = await PreparedServer.StartAsync();
        _check = await PermitCheck.PrepareAsync(_server);
    }

    /// <summary>Removes the data.</summary>
    [GlobalCleanup]
    public async Task EndAsync()
    {
        await _check.DisposeAsync();
        await _server.DisposeAsync();
    }

    /// <summary>The limit.</summary>
    [Benchmark(Baseline = true)]
    public object LookUp() => _check.LookUp();

    /// <summary>What was remembered, confirmed by what another statement tells.</summary>
    [Benchmark]
    public object Warm() => _check.Warm();

    /// <summary>What was remembered, confirmed by a statement of its own.</summary>
    [Benchmark]
    public Task<object> AskedAsync() => _check.AskedAsync();

    /// <summary>Compiled from what is stored.</summary>
    [Benchmark]
    public Task<object> ColdAsync() => _check.ColdAsync();

    /// <summary>The part of it that reads what is stored.</summary>
    [Benchmark]
    public Task<object?> ReadGrantAsync() => _check.ReadGrantAsync();
}
