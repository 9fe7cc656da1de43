using BenchmarkDotNet.Attributes;
using Google.Protobuf.WellKnownTypes;
using Vibe.Data.Documents;
using Vibe.Hosting.Json;

namespace Vibe.Benchmarks;

/// <summary>JSON from outside is checked and put into its one form; the limit is to copy the same bytes.</summary>
public class CanonicalJsonBenchmarks
{
    private static readonly JsonLimits Limits = DocumentLimits.Default.Json;

    private byte[] _canonical = [];
    private byte[] _written = [];
    private Struct _structured = new();

    /// <summary>The length of the canonical text, about.</summary>
    [Params(1 << 10, 64 << 10)]
    public int Bytes { get; set; }

    /// <summary>Makes the texts.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        _canonical = Documents.Canonical(Bytes);
        _written = Documents.Written(Bytes);
        _structured = DocumentBody.FromStored(_canonical).ToStruct();
        if (!StrictJson.Canonicalize(_written, Limits).Bytes.AsSpan().SequenceEqual(_canonical))
            throw new InvalidOperationException("Both texts must have one canonical form.");
    }

    /// <summary>The limit.</summary>
    [Benchmark(Baseline = true)]
    public byte[] Copy() => _canonical.AsSpan().ToArray();

    /// <summary>What clients of ours send: canonical already.</summary>
    [Benchmark]
    public byte[] Canonical() => StrictJson.Canonicalize(_canonical, Limits).Bytes;

    /// <summary>What people write: another order, and blanks.</summary>
    [Benchmark]
    public byte[] Written() => StrictJson.Canonicalize(_written, Limits).Bytes;

    /// <summary>What comes as a structured value.</summary>
    [Benchmark]
    public byte[] Structured() => StrictJson.Canonicalize(_structured, Limits).Bytes;
}
