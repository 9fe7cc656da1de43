using Vibe.Access.V1;
using Vibe.Consent.Grants;
using Vibe.Consent.Policy;
using Vibe.Hosting.Access;
using Vibe.Storage;
using Vibe.Storage.Sessions;

namespace Vibe.Benchmarks;

/// <summary>Whether an app may read in a collection, of which it may read half of the members, asked in each way there is.</summary>
internal sealed class PermitCheck : IAsyncDisposable
{
    private readonly PreparedServer _server;
    private readonly Snapshot _snapshot;
    private readonly ConsentPolicy _policy;
    private readonly Caller _caller;
    private readonly Dictionary<(string Home, string? Grant), object> _known;
    private string? _standing;

    private PermitCheck(PreparedServer server, Snapshot snapshot)
    {
        (_server, _snapshot, _policy) = (server, snapshot, server.Get<ConsentPolicy>());
        _caller = server.MaskedApp;
        _known = new() { [(_caller.Home, _caller.Grant)] = new object() };
    }

    /// <summary>Makes a permit to remember.</summary>
    public static async Task<PermitCheck> PrepareAsync(PreparedServer server)
    {
        var check = new PermitCheck(server, await server.Get<Database>().ReadAsync(CancellationToken.None));
        await check.AskedAsync();
        check._standing = await check._snapshot.FirstAsync(
            $"SELECT {ConsentPolicy.StandingColumn(check._caller)}",
            row => row.GetString(0),
            ConsentPolicy.WhatHolds(check._caller),
            CancellationToken.None
        );
        return check;
    }

    /// <summary>A look-up in a dictionary, which is the limit.</summary>
    public object LookUp() => _known[(_caller.Home, _caller.Grant)];

    /// <summary>What was remembered, confirmed by what the statement that reads the document tells beside it.</summary>
    public object Warm()
    {
        var permit = _policy.Recall(_caller, _server.Collection);
        if (permit is null || !_policy.Confirms(permit, _standing))
            throw new InvalidOperationException("The permit is not remembered.");
        permit.Require(Operation.Read);
        return permit;
    }

    /// <summary>What was remembered, confirmed by a statement of its own: where no other statement tells it.</summary>
    public async Task<object> AskedAsync() =>
        await _policy.RequireAsync(_snapshot, _caller, Operation.Read, _server.Collection, CancellationToken.None);

    /// <summary>Compiled from the stored grant and manifests, by a policy that remembers nothing.</summary>
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
    public async Task<object?> ReadGrantAsync() =>
        await LiveGrant.ReadAsync(_snapshot, _caller.Home, _caller.Grant!, CancellationToken.None);

    public ValueTask DisposeAsync() => _snapshot.DisposeAsync();
}
