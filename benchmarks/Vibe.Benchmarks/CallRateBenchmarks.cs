using System.Net;
using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Http;
using Vibe.Hosting;
using Vibe.Hosting.Rates;

namespace Vibe.Benchmarks;

/// <summary>Whether one more call comes in, with every bucket limited and none empty; the limit is a look-up in a dictionary.</summary>
public class CallRateBenchmarks
{
    private const int Rate = 1_000_000;

    private static readonly RequestDelegate Nothing = _ => Task.CompletedTask;

    private readonly CallRates _rates = new(
        new Limits
        {
            AddressRate = Rate,
            StrangerRate = Rate,
            AppRate = Rate,
            PersonRate = Rate,
            RateWindow = TimeSpan.FromHours(1),
        },
        TimeProvider.System
    );
    private PreparedServer _server = null!;
    private Dictionary<string, object> _known = [];
    private DefaultHttpContext _context = null!;

    /// <summary>Makes a call of an app.</summary>
    [GlobalSetup]
    public async Task PrepareAsync()
    {
        _server = await PreparedServer.StartAsync();
        _known = new() { [_server.App.Person] = new object() };
        _context = new DefaultHttpContext();
        _context.Connection.RemoteIpAddress = IPAddress.Parse("2001:db8::1");
        _context.Features.Set(_server.App);
    }

    /// <summary>Removes the data.</summary>
    [GlobalCleanup]
    public Task EndAsync() => _server.DisposeAsync().AsTask();

    /// <summary>The limit.</summary>
    [Benchmark(Baseline = true)]
    public object LookUp() => _known[_server.App.Person];

    /// <summary>Counts it for its app and its person.</summary>
    [Benchmark]
    public Task ByCaller() => _rates.ByCallerAsync(_context, Nothing);

    /// <summary>Counts it for its address.</summary>
    [Benchmark]
    public Task ByAddress() => _rates.ByAddressAsync(_context, Nothing);
}
