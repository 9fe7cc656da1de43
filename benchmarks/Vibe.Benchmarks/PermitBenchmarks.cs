using BenchmarkDotNet.Attributes;
using Vibe.Access.V1;
using Vibe.Consent.Grants;
using Vibe.Consent.Policy;
using Vibe.Hosting.Access;
using Vibe.Storage;
using Vibe.Storage.Sessions;

namespace Vibe.Benchmarks;

/// <summary>
/// P11: whether an app may read in a collection, of which it may read half of the members. The limit is a look-up in a
/// dictionary; the goals are 5 µs for what was remembered and 300 µs for what was not.
/// </summary>
public class PermitBenchmarks
{
    private PreparedServer _server = null!;
    private Snapshot _snapshot = null!;
    private ConsentPolicy _policy = null!;
    private Caller _caller = null!;
    private string? _standing;
    private Dictionary<(string Home, string? Grant), object> _known = [];

    /// <summary>Makes a permit to remember.</summary>
    [GlobalSetup]
    public async Task PrepareAsync()
    {
        _server = await PreparedServer.StartAsync();
        _policy = _server.Get<ConsentPolicy>();
        _caller = _server.MaskedApp;
        _snapshot = await _server.Get<Database>().ReadAsync(CancellationToken.None);
        await AskedAsync();
        _standing = await _snapshot.FirstAsync(
            $"SELECT {ConsentPolicy.StandingColumn(_caller)}",
            row => row.GetString(0),
            ConsentPolicy.WhatHolds(_caller),
            CancellationToken.None
        );
        _known = new() { [(_caller.Home, _caller.Grant)] = new object() };
    }

    /// <summary>Removes the data.</summary>
    [GlobalCleanup]
    public async Task EndAsync()
    {
        await _snapshot.DisposeAsync();
        await _server.DisposeAsync();
    }

    /// <summary>The limit.</summary>
    [Benchmark(Baseline = true)]
    public object LookUp() => _known[(_caller.Home, _caller.Grant)];

    /// <summary>What was remembered, confirmed by what the statement that reads the document tells beside it.</summary>
    [Benchmark]
    public object Warm()
    {
        var permit = _policy.Recall(_caller, _server.Collection);
        if (permit is null || !_policy.Confirms(permit, _standing))
            throw new InvalidOperationException("The permit is not remembered.");
        permit.Require(Operation.Read);
        return permit;
    }

    /// <summary>What was remembered, confirmed by a statement of its own: where no other statement tells it.</summary>
    [Benchmark]
    public async Task<object> AskedAsync() =>
        await _policy.RequireAsync(_snapshot, _caller, Operation.Read, _server.Collection, CancellationToken.None);

    /// <summary>Compiled from the stored grant and manifests, by a policy that remembers nothing.</summary>
    [Benchmark]
    public async Task<object> ColdAsync()
    {
        using var nothing = new StandingGrants();
        return await new ConsentPolicy(_server.Get<Clock>(), nothing).RequireAsync(
            _snapshot,
            _caller,
            Operation.Read,
            _server.Collection,
            CancellationToken.None
        );
    }

    /// <summary>The part of it that reads what is stored.</summary>
    [Benchmark]
    public async Task<object?> ReadGrantAsync() =>
        await LiveGrant.ReadAsync(_snapshot, _caller.Home, _caller.Grant!, CancellationToken.None);
}
