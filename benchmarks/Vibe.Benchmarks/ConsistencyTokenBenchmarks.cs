using BenchmarkDotNet.Attributes;
using Vibe.Identity.Tokens;
using Vibe.Storage.Spaces;

namespace Vibe.Benchmarks;

/// <summary>The moment of a write is sealed for its caller, and opened; the limit is AES-GCM of the same bytes.</summary>
public class ConsistencyTokenBenchmarks
{
    private const int ContentBytes = 16;

    private readonly BareSeal _bare = new(ContentBytes);
    private readonly string[] _token = [""];
    private PreparedServer _server = null!;
    private ConsistencyTokens _tokens = null!;
    private Moment _moment;

    /// <summary>Seals the token to open.</summary>
    [GlobalSetup]
    public async Task PrepareAsync()
    {
        _server = await PreparedServer.StartAsync();
        _tokens = _server.Get<ConsistencyTokens>();
        _moment = new Moment(_server.Collection.Space, "0123456789abcdef", 12345);
        _token[0] = Seal();
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
    public string Seal() => _tokens.Seal(_moment);

    /// <summary>Opens.</summary>
    [Benchmark]
    public object Open() => _tokens.Open(_moment.Space, _token);
}
