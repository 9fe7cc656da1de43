using BenchmarkDotNet.Attributes;
using Vibe.Data.Documents;
using Vibe.Data.Feed;

namespace Vibe.Benchmarks;

/// <summary>A stored document is cut down to what an app may read; the limit is to copy what remains.</summary>
public class MaskBenchmarks
{
    private PreparedServer _server = null!;
    private StoredDocument _stored = null!;
    private byte[] _remains = [];
    private Func<string, bool> _admits = null!;
    private View _view = null!;
    private ViewPlace _place;

    /// <summary>The length of the document, of which half may be read.</summary>
    [Params(1 << 10, 64 << 10)]
    public int Bytes { get; set; }

    /// <summary>Makes the document.</summary>
    [GlobalSetup]
    public async Task PrepareAsync()
    {
        _server = await PreparedServer.StartAsync();
        var permit = await _server.PermitAsync(_server.MaskedApp);
        _admits = permit.Readable.Contains;
        _view = new View(permit);
        _stored = Documents.Stored(_server.Collection, Bytes);
        _place = _view.Place(_stored, null)!.Value;
        _remains = Project();
        if (_remains.Length >= _stored.Body.Length * 3 / 4)
            throw new InvalidOperationException("About half of the document must remain.");
    }

    /// <summary>Removes the data.</summary>
    [GlobalCleanup]
    public Task EndAsync() => _server.DisposeAsync().AsTask();

    /// <summary>The limit.</summary>
    [Benchmark(Baseline = true)]
    public byte[] Copy() => _remains.AsSpan().ToArray();

    /// <summary>The cut alone.</summary>
    [Benchmark]
    public byte[] Project() => DocumentBody.Project(_stored.Body.Span, _admits);

    /// <summary>The cut, the etag of what remains, and the place in the view.</summary>
    [Benchmark]
    public object Open() => Document.Open(_stored, _view, _view.Place(_stored, null) ?? _place);
}
