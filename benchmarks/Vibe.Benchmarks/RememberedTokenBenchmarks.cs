using System.Security.Claims;
using BenchmarkDotNet.Attributes;
using Vibe.Identity.Keys;
using Vibe.Identity.Tokens;

namespace Vibe.Benchmarks;

/// <summary>An access token that was verified before; the limit is a look-up in a dictionary.</summary>
public class RememberedTokenBenchmarks
{
    private PreparedServer _server = null!;
    private VerifiedTokens _tokens = null!;
    private Dictionary<string, object> _known = [];

    /// <summary>Remembers the token.</summary>
    [GlobalSetup]
    public async Task PrepareAsync()
    {
        _server = await PreparedServer.StartAsync();
        _tokens = _server.Get<VerifiedTokens>();
        var key = _server.Get<KeyRing>().VerificationKeys.First();
        _tokens.Add(_server.Token, new VerifiedToken(_server.App, new ClaimsPrincipal(), key));
        _known = new() { [_server.Token] = new object() };
    }

    /// <summary>Removes the data.</summary>
    [GlobalCleanup]
    public Task EndAsync() => _server.DisposeAsync().AsTask();

    /// <summary>The limit.</summary>
    [Benchmark(Baseline = true)]
    public object LookUp() => _known[_server.Token];

    /// <summary>Finds it, and makes sure that its time and its key are still good.</summary>
    [Benchmark]
    public object Find() => _tokens.Find(_server.Token) ?? throw new InvalidOperationException("It is not remembered.");
}
