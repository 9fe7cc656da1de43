using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using Vibe.Data.Feed;
using Vibe.Sync.Scopes;

namespace Vibe.Benchmarks;

/// <summary>A reader's place is sealed for its next call, and opened; the limit is AES-GCM of the same bytes.</summary>
public class ResumeTokenBenchmarks
{
    private const int ContentBytes = 40;

    private readonly BareSeal _bare = new(ContentBytes);
    private PreparedServer _server = null!;
    private ResumeTokens _tokens = null!;
    private ScopeCursor _cursor = null!;
    private string _token = "";

    /// <summary>Seals the token to open.</summary>
    [GlobalSetup]
    public async Task PrepareAsync()
    {
        _server = await PreparedServer.StartAsync();
        _tokens = _server.Get<ResumeTokens>();
        _cursor = new ScopeCursor(new FeedPosition(12345, 12), "0123456789abcdef", RandomNumberGenerator.GetBytes(16));
        _token = Seal();
    }

    /// <summary>Removes the data.</summary>
    [GlobalCleanup]
    public async Task EndAsync()
    {
        _bare.Dispose();
        await _server.DisposeAsync();
    }

    /// <summary>The limit.</summary>
    [Benchmark(Baseline = true)]
    public byte[] AesGcm() => _bare.Seal();

    /// <summary>Seals.</summary>
    [Benchmark]
    public string Seal() => _tokens.Seal(_server.App, _server.Collection, _cursor);

    /// <summary>Opens.</summary>
    [Benchmark]
    public object Open() =>
        _tokens.Open(_server.App, _server.Collection, _token, 0)
        ?? throw new InvalidOperationException("The token must open.");
}
