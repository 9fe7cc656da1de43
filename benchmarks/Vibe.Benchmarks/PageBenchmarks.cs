using System.Buffers;
using BenchmarkDotNet.Attributes;
using Google.Protobuf;
using Vibe.Hosting.Access;
using Vibe.Sync.Scopes;
using Vibe.Sync.V1;

namespace Vibe.Benchmarks;

/// <summary>A page of a hundred documents of 1 KiB; the limit is to copy its bytes.</summary>
public class PageBenchmarks
{
    private const int Changes = 100;

    private readonly ArrayBufferWriter<byte> _target = new(1 << 20);
    private PreparedServer _server = null!;
    private ScopeReader _reader = null!;
    private AskedScope _scope = null!;
    private Page _page = new();
    private byte[] _encoded = [];

    /// <summary>Makes the documents.</summary>
    [GlobalSetup]
    public async Task PrepareAsync()
    {
        _server = await PreparedServer.StartAsync();
        await _server.CreateAsync(Documents.Creates(_server.Collection, Changes, 1 << 10));
        _reader = _server.Get<ScopeReader>();
        _scope = new AskedScope(_server.Collection, null, [], Structured: false);
        _page = await ReadAsync(_server.App);
        _encoded = _page.ToByteArray();
    }

    /// <summary>Removes the data.</summary>
    [GlobalCleanup]
    public Task EndAsync() => _server.DisposeAsync().AsTask();

    /// <summary>The limit.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Changes)]
    public int Copy()
    {
        _target.ResetWrittenCount();
        _target.Write(_encoded);
        return _target.WrittenCount;
    }

    /// <summary>Encodes a page that was read.</summary>
    [Benchmark(OperationsPerInvoke = Changes)]
    public int Encode()
    {
        _target.ResetWrittenCount();
        _page.WriteTo(_target);
        return _target.WrittenCount;
    }

    /// <summary>Reads it from SQLite, decides, and encodes.</summary>
    [Benchmark(OperationsPerInvoke = Changes)]
    public Task<int> Read() => ReadAndEncodeAsync(_server.App);

    /// <summary>Does the same for an app that may read half of the members.</summary>
    [Benchmark(OperationsPerInvoke = Changes)]
    public Task<int> ReadMasked() => ReadAndEncodeAsync(_server.MaskedApp);

    private async Task<int> ReadAndEncodeAsync(Caller caller)
    {
        var page = await ReadAsync(caller);
        _target.ResetWrittenCount();
        page.WriteTo(_target);
        return _target.WrittenCount;
    }

    private async Task<Page> ReadAsync(Caller caller)
    {
        var page = (await _reader.ReadAsync(caller, _scope, null, Changes, CancellationToken.None)).Page;
        return page.Changes.Count == Changes
            ? page
            : throw new InvalidOperationException($"The page holds {page.Changes.Count} changes.");
    }
}
