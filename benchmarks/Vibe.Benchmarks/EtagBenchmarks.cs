using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using Vibe.Data.Documents;
using Vibe.Data.Feed;

namespace Vibe.Benchmarks;

/// <summary>The etag of a document; the limit is SHA-256 of the same bytes.</summary>
public class EtagBenchmarks
{
    private PreparedServer _server = null!;
    private StoredDocument _stored = null!;
    private byte[] _json = [];
    private View _view = null!;
    private ViewPlace _place;

    /// <summary>The length of the document.</summary>
    [Params(1 << 10, 64 << 10)]
    public int Bytes { get; set; }

    /// <summary>Makes the document.</summary>
    [GlobalSetup]
    public async Task PrepareAsync()
    {
        _server = await PreparedServer.StartAsync();
        _stored = Documents.Stored(_server.Collection, Bytes);
        _json = _stored.Body.ToArray();
        _view = new View(await _server.PermitAsync(_server.App));
        _place = _view.Place(_stored, null)!.Value;
    }

    /// <summary>Removes the data.</summary>
    [GlobalCleanup]
    public Task EndAsync() => _server.DisposeAsync().AsTask();

    /// <summary>The limit.</summary>
    [Benchmark(Baseline = true)]
    public byte[] Sha256() => SHA256.HashData(_json);

    /// <summary>What a write computes and keeps.</summary>
    [Benchmark]
    public byte[] Digest() => Document.DigestOf(_json);

    /// <summary>What a reader of the whole document is given: what was kept, opened and named.</summary>
    [Benchmark]
    public string Kept() => Document.Open(_stored, _view, _place).Etag;
}
